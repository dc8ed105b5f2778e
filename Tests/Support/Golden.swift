import Glibc

/// Compares with a file in the folder `Golden` beside the test, so that a change of rule is a change that somebody reads.
/// `UPDATE_GOLDEN=1` writes the file anew.
///
/// - Parameter file: the test's own path.
/// - Returns: how the text differs; empty when it does not.
package func differenceFromGolden(_ name: String, _ text: String, beside file: String) -> String {
  let path = file.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Golden/\(name)"
  if unsafe getenv("UPDATE_GOLDEN") != nil {
    let output = unsafe fopen(path, "w")!
    // Safe: the file is open until here; the text is valid for the call.
    defer { unsafe fclose(output) }
    _ = unsafe fputs(text, output)
    return ""
  }
  var golden = ""
  if let input = unsafe fopen(path, "r") {
    defer { unsafe fclose(input) }
    var line = [CChar](repeating: 0, count: 4096)
    // Safe: the buffer has the length that is given.
    while unsafe fgets(&line, 4096, input) != nil {
      golden += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
  let now = text.split(separator: "\n", omittingEmptySubsequences: false)
  let then = golden.split(separator: "\n", omittingEmptySubsequences: false)
  let difference = now.difference(from: then)
  guard !difference.isEmpty else { return "" }
  return "\(name) differs; if the change is meant, run the test with UPDATE_GOLDEN=1:\n\(difference)"
}
