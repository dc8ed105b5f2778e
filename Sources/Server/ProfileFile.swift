internal import Domain
package import Records

/// Reading a profile: the JSON form of the record `Profile`, with comments.
package enum ProfileFile {
  /// The profile that ships with the daemon.
  package static func builtIn() throws -> Profile {
    try parse(String(decoding: PackageResources.tongcheng_json5, as: UTF8.self), name: "the built-in profile")
  }

  package static func read(path: String) throws -> Profile {
    try checked(RecordFile.read("profile", path: path, as: Profile.self), name: path)
  }

  /// Every fault is said with the file's line.
  package static func parse(_ text: String, name: String) throws -> Profile {
    try checked(RecordFile.parse(text, name: name), name: name)
  }

  private static func checked(_ profile: Profile, name: String) throws -> Profile {
    if let fault = profileFaults(profile).first { throw ConfigurationFault("\(name): \(fault)") }
    return profile
  }
}
