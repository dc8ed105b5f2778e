internal import API
internal import Bytes
internal import Domain
internal import Journal
internal import ProtoJSON
package import Records

/// Reading a profile: the JSON form of the record `Profile`, with comments.
package enum ProfileFile {
  /// The profile that ships with the daemon.
  package static func builtIn() throws -> Profile {
    try parse(String(decoding: PackageResources.tongcheng_json5, as: UTF8.self), name: "the built-in profile")
  }

  package static func read(path: String) throws -> Profile {
    let (folder, name) = split(path)
    guard let bytes = try PosixDisk(folder: folder).contents(name, byteCountMax: 1 << 20) else {
      throw ConfigurationFault("there is no profile \(path)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationFault("profile \(path) is not UTF-8")
    }
    return try parse(text, name: path)
  }

  /// Every fault is said with the file's line.
  package static func parse(_ text: String, name: String) throws -> Profile {
    let profile: Profile
    do throws(JSONFault) {
      let encoded = try JSONEncoding(Interface.schema).encode(try JSONNode(parsing: text), as: "Profile")
      do throws(RecordFault) { profile = try Profile(encoded: encoded) } catch {
        preconditionFailure("what was just encoded does not decode: \(error)")
      }
    } catch {
      throw ConfigurationFault("\(name):\(error)")
    }
    do throws(RecordFault) { try profile.check() } catch { throw ConfigurationFault("\(name): \(error)") }
    if let fault = profileFaults(profile).first { throw ConfigurationFault("\(name): \(fault)") }
    return profile
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
