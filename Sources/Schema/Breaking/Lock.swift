/// `IDL/api.lock`: what was ever published, a fact to a line, so that a change of the interface is a change of lines
/// that a reviewer reads. Written by `idlc breaking --update`, never by hand.
///
/// ```
/// package safegrid
/// field Hazard.7 name=class type=text length=1..40
/// retired field Hazard.41 name=colour type=text length=0..20
/// ```
package struct Lock: Sendable {
  /// By package, in the order of their names.
  package internal(set) var packages: [Package] = []

  package struct Package: Sendable {
    package let name: String
    package internal(set) var facts: [Fact]
    package let location: Location
  }

  package init() {}

  /// - Throws: the first line that is none.
  package init(file: String, text: String) throws(Diagnostic) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.isEmpty || line.hasPrefix("#") { continue }
      let location = Location(file: file, line: index + 1, column: 1)
      func fault(_ message: String) -> Diagnostic {
        Diagnostic(location: location, message: "\(message); restore the file as idlc wrote it")
      }
      guard var words = Self.words(of: line) else { throw fault("a quotation mark is missing") }
      let isRetired = words.first == "retired"
      if isRetired { words.removeFirst() }
      guard words.count >= 2, let kind = Fact.Kind(rawValue: words[0]) else { throw fault("this is no fact") }
      if kind == .package {
        packages.append(Package(name: words[1], facts: [], location: location))
        continue
      }
      guard !packages.isEmpty else { throw fault("a fact stands before the first package") }
      var fact = Fact(kind: kind, id: words[1], attributes: [:], location: location)
      fact.isRetired = isRetired
      for word in words.dropFirst(2) {
        guard let end = word.firstIndex(of: "="), let attribute = Fact.Attribute(rawValue: String(word[..<end])) else {
          throw fault("\"\(word)\" says nothing about a \(kind.rawValue)")
        }
        fact.attributes[attribute] = String(word[word.index(after: end)...])
      }
      packages[packages.count - 1].facts.append(fact)
    }
  }

  package var text: String {
    var lines = ["# What was ever published. Written by `idlc breaking --update`; never edited, never shortened."]
    for package in packages.sorted(by: { $0.name < $1.name }) {
      lines += ["", "package \(package.name)"]
      lines += package.facts.inLockOrder.map(Self.line)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ fact: Fact) -> String {
    let attributes = Fact.Attribute.allCases.compactMap { attribute in
      fact.attributes[attribute].map { "\(attribute.rawValue)=\(quoted($0))" }
    }
    return ([fact.isRetired ? "retired \(fact.kind.rawValue)" : fact.kind.rawValue, fact.id] + attributes)
      .joined(separator: " ")
  }

  private static func quoted(_ text: String) -> String {
    guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "\\" }) else { return text }
    return "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }

  /// The words of a line; a quoted part may hold blanks. `nil` when a quotation does not end.
  private static func words(of line: Substring) -> [String]? {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    var isEscaped = false
    for character in line {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if isQuoted, character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == " ", !isQuoted {
        words.append(word)
        word = ""
      } else {
        word.append(character)
      }
    }
    words.append(word)
    return isQuoted ? nil : words
  }
}

extension [Fact] {
  /// Types by name, everything else by number, and what is inside a declaration behind it.
  var inLockOrder: [Fact] {
    let errors = Dictionary(
      filter { $0.kind == .error }.map { ($0.attributes[.name] ?? "", $0.id) }, uniquingKeysWith: { first, _ in first })
    func place(_ fact: Fact) -> (group: Int, top: String, rank: Int, number: Int) {
      let parent = fact.parent ?? fact.id
      let number = fact.parent == nil ? 0 : Int(fact.id.dropFirst(parent.count + 1)) ?? 0
      func padded(_ number: String) -> String { String(repeating: "0", count: Swift.max(0, 9 - number.count)) + number }
      switch fact.kind {
      case .package: return (0, fact.id, 0, 0)
      case .record: return (1, parent, 0, 0)
      case .enum: return (2, parent, 0, 0)
      case .value: return (2, parent, 1, number)
      case .error: return (3, padded(parent), 0, 0)
      case .field: return errors[parent].map { (3, padded($0), 1, number) } ?? (1, parent, 1, number)
      case .service: return (4, padded(parent), 0, 0)
      case .method: return (4, padded(parent), 1, number)
      case .table: return (5, padded(parent), 0, 0)
      case .index: return (5, padded(parent), 1, number)
      case .aggregate: return (5, padded(parent), 2, number)
      }
    }
    return map { (place($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
