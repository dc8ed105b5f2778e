internal import Schema

enum IDLFuzz {
  static func run(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    formatted(text)
    lock(text)
    let packages: [SourcePackage]
    do throws(SchemaFaults) { packages = try SourcePackage.all(in: [("a.idl", text)]) } catch {
      precondition(!error.diagnostics.isEmpty, "refused without a reason")
      for fault in error.diagnostics { _ = "\(fault)" }
      return
    }
    for package in packages {
      _ = Lint(package.schema, files: package.files).findings
      // To print takes a hundred times as long as to read: short inputs reach as far.
      guard input.count < 1000 else { continue }
      _ = Vectors(package.schema).json.text
      for language in Language.all { _ = language.files(package.schema) }
    }
  }

  /// Layout is idempotent, and means the same.
  private static func formatted(_ text: String) {
    let once: String
    do throws(SchemaFaults) { once = try Formatter.format(file: "a.idl", text: text) } catch { return }
    do throws(SchemaFaults) {
      let twice = try Formatter.format(file: "a.idl", text: once)
      precondition(twice == once, "formatting again changes the text")
    } catch {
      preconditionFailure("what was formatted is not read: \(error)")
    }
  }

  /// A lock that is read is written so that it is read the same.
  private static func lock(_ text: String) {
    guard let lock = try? Lock(file: "api.lock", text: text) else { return }
    do throws(Diagnostic) {
      let again = try Lock(file: "api.lock", text: lock.text)
      precondition(again.text == lock.text, "the lock is written otherwise")
    } catch {
      preconditionFailure("the lock that was written is not read: \(error)")
    }
  }
}
