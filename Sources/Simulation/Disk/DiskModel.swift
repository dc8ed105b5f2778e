internal import Bytes
package import Example
package import Journal

/// What a disk is sure to hold after the operations so far, and what it may hold besides: the promises of POSIX and no
/// more.
///
/// Data and size of a file are durable once the file was synced. Names (created, changed, removed) are durable once
/// their folder was synced. Whatever was not synced may be there or not, each on its own: data sector by sector, names
/// change by change. A change of name is done or not done, never half.
package struct DiskModel: Sendable {
  /// A file keeps its identity when its name changes or its inode is used again.
  private typealias Identity = Int

  private struct File: Sendable {
    var durable = FileContent()
    var pending: [Change] = []
    /// What a sync has failed on: programs still read it, no later sync writes it, and it may be there or not.
    var doubtful: [Change] = []
  }

  private enum Change: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)

    func touches(_ range: Range<Int>) -> Bool {
      if case .write(let offset, let bytes) = self { range.overlaps(offset..<offset + bytes.count) } else { false }
    }
  }

  private enum NameChange: Sendable {
    case file(String, Identity)
    case folder(String)
    case removed(String)
    case renamed(String, to: String, Identity)

    /// The folder whose sync makes it durable: of a file that moves to another folder, the one where it goes.
    var folder: String {
      switch self {
      case .file(let name, _), .folder(let name), .removed(let name), .renamed(_, let name, _):
        DiskModel.folder(of: name)
      }
    }
  }

  private struct Names: Sendable {
    var files: [String: Identity] = [:]
    var folders: Set<String> = [""]

    mutating func apply(_ change: NameChange) {
      switch change {
      case .file(let name, let file): files[name] = file
      case .folder(let name): folders.insert(name)
      case .removed(let name):
        files[name] = nil
        folders.remove(name)
      case .renamed(let name, let newName, let file):
        if files[name] == file { files[name] = nil }
        files[newName] = file
      }
    }
  }

  private var files: [File] = []
  private var byInode: [UInt64: Identity] = [:]
  /// As programs see them.
  private var names = Names()
  private var durableNames = Names()
  private var pendingNames: [NameChange] = []

  package init() {}

  private static func folder(of name: String) -> String {
    name.lastIndex(of: "/").map { String(name[..<$0]) } ?? ""
  }

  package mutating func apply(_ operation: FileOperation) {
    switch operation {
    case .created(let inode, let name):
      byInode[inode] = files.count
      files.append(File())
      change(.file(name, files.count - 1))
    case .written(let inode, let offset, let bytes): change(inode, .write(offset: offset, bytes: bytes))
    case .resized(let inode, let size): change(inode, .resize(size))
    case .synced(let inode):
      guard let file = byInode[inode] else { return }
      for change in files[file].pending {
        switch change {
        case .write(let offset, let bytes): files[file].durable.write(bytes, at: offset)
        case .resize(let size): files[file].durable.resize(to: size)
        }
      }
      files[file].pending = []
    case .syncFailed(let inode):
      guard let file = byInode[inode] else { return }
      files[file].doubtful += files[file].pending
      files[file].pending = []
    case .folderCreated(let name): change(.folder(name))
    case .folderRemoved(let name), .removed(let name): change(.removed(name))
    case .renamed(let name, let newName):
      guard let file = names.files[name] else { preconditionFailure("\(name) is renamed and was never created") }
      change(.renamed(name, to: newName, file))
    case .folderSynced(let folder):
      for change in pendingNames where change.folder == folder { durableNames.apply(change) }
      pendingNames.removeAll { $0.folder == folder }
    case .noted: return
    }
  }

  private mutating func change(_ inode: UInt64, _ change: Change) {
    guard let file = byInode[inode] else { preconditionFailure("inode \(inode) is written and was never created") }
    files[file].pending.append(change)
    // What is written anew is no longer in doubt.
    if case .write(let offset, let bytes) = change {
      files[file].doubtful.removeAll { $0.touches(offset..<offset + bytes.count) }
    }
  }

  private mutating func change(_ change: NameChange) {
    names.apply(change)
    pendingNames.append(change)
  }

  /// One of the states in which a power cut may leave the disk now.
  package func afterPowerCut(_ luck: Luck, _ random: inout SplitMix64) -> DiskImage {
    var names = durableNames
    for change in pendingNames where random.chance(luck.survival) { names.apply(change) }
    var contents: [Identity: FileContent] = [:]
    var image = DiskImage(folders: names.folders.filter { Self.isReachable($0, names) })
    for (name, file) in names.files.sorted(by: { $0.key < $1.key })
    where Self.isReachable(Self.folder(of: name), names) {
      if contents[file] == nil { contents[file] = content(of: file, luck, &random) }
      image.files[name] = contents[file]
    }
    return image
  }

  private static func isReachable(_ folder: String, _ names: Names) -> Bool {
    folder.isEmpty || names.folders.contains(folder) && isReachable(Self.folder(of: folder), names)
  }

  private func content(of file: Identity, _ luck: Luck, _ random: inout SplitMix64) -> FileContent {
    var content = files[file].durable
    for change in files[file].doubtful + files[file].pending {
      switch change {
      case .write(let offset, let bytes): content.write(bytes, at: offset, luck, &random)
      case .resize(let size): if random.chance(luck.survival) { content.resize(to: size) }
      }
    }
    return content
  }
}

/// Folders and files as they lie on a disk.
package struct DiskImage: Sendable {
  /// Names relative to the root, which is "".
  package var folders: Set<String>
  package var files: [String: FileContent] = [:]

  package init(folders: Set<String>) { self.folders = folders }

  /// Has the mark of the data folder name another boot: after a power cut the machine has started again.
  package mutating func startMachine(dataFolder: String) {
    let name = "\(dataFolder)/mark"
    guard let text = files[name]?.runs.first?.bytes, text.starts(with: Array("boot ".utf8)) else { return }
    files[name]?.write(Array("another-".utf8), at: 5)
  }

  /// Makes them in an existing folder.
  package func write(to folder: String) throws(JournalError) {
    for name in folders.sorted() where !name.isEmpty { try PosixDisk.createFolder("\(folder)/\(name)") }
    let disk = PosixDisk(folder: folder)
    for (name, content) in files {
      let file = try disk.create(name, size: 0)
      for run in content.runs {
        try run.bytes.withRawSpan { (span) throws(JournalError) in try file.write(span, at: run.offset) }
      }
      if try file.size() < content.size {
        try [0].withRawSpan { (span) throws(JournalError) in try file.write(span, at: content.size - 1) }
      }
    }
  }
}
