import ArgumentParser
import ProtoJSON
import Records
import Schema
import Server

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "The rules of a deployment 配置方案, as a file; needs no daemon.",
    subcommands: [ProfileCheckCommand.self, ProfileTemplateCommand.self])
}

struct ProfileCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Explains every fault of a profile with its line, and says what it leaves unset.",
    discussion: """
      Faults are what `safegridd --profile` refuses: of the text, unknown fields, wrong types, values outside of their limits, \
      and rules that contradict each other. What is left unset is no fault: whatever needs it answers UNCONFIGURED.
      Exit code 0 without faults, else 1.
      """)
  @Argument(help: "The file: the JSON form of the record Profile, with comments.", completion: .file())
  var file: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let check: ProfileCheck
    do { check = try ProfileFile.check(path: file) } catch let fault as ConfigurationFault {
      throw InputFault(fault.description)
    }
    try put(output.json ? check.json(file).line : check.text(file))
    if !check.faults.isEmpty { throw ExitCode(ExitStatus.refused) }
  }
}

struct ProfileTemplateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template", abstract: "Prints a profile that ships with the daemon, to begin one's own with.")
  @Argument(
    help: "Which: \(ProfileFile.templates.map(\.name).joined(separator: " or ")).",
    completion: .list(ProfileFile.templates.map(\.name)))
  var name = ProfileFile.templates[0].name

  func run() throws {
    guard let template = ProfileFile.templates.first(where: { $0.name == name }) else {
      throw ValidationError("there is no template \(name)\(didYouMean(name, ProfileFile.templates.map(\.name)))")
    }
    print(template.text, terminator: "")
  }
}

extension ProfileCheck {
  fileprivate func text(_ file: String) -> String {
    var lines = faults.map { "\(file):\(printable(localized("\($0)", $0.chineseDescription)))" }
    let what = profile.map { $0.name.isEmpty ? file : "\($0.name) \($0.edition)" } ?? file
    switch faults.count {
    case 0: lines.append(localized("\(what): no faults", "\(what)：未发现错误"))
    case 1: lines.append(localized("1 fault", "1处错误"))
    default: lines.append(localized("\(faults.count) faults", "\(faults.count)处错误"))
    }
    guard !unset.isEmpty else { return lines.joined(separator: "\n") }
    lines += ["", localized("left unset:", "未设置：")]
    for rule in unset {
      lines.append("  \(rule.path)\(rule.meaning.isEmpty ? "" : "  \(rule.meaning)")")
      lines.append(
        "    → " + (rule.consequence ?? localized("what needs it answers UNCONFIGURED", "需要时答复UNCONFIGURED")))
    }
    return lines.joined(separator: "\n")
  }

  fileprivate func json(_ file: String) -> JSONValue {
    .members(
      ("file", .string(file)), ("name", profile.map { .string($0.name) }),
      ("edition", profile.map { .string($0.edition) }),
      (
        "faults",
        .array(
          faults.map { fault in
            .members(
              ("line", .integer(Int64(fault.place.line))), ("column", .integer(Int64(fault.place.column))),
              ("path", .string(fault.path)), ("reason", .string(fault.reason)),
              ("reason_chinese", .string(fault.chinese)))
          })
      ),
      (
        "unset",
        .array(
          unset.map { rule in
            .members(
              ("path", .string(rule.path)), ("meaning", .string(rule.meaning)),
              ("unconfigured", .bool(rule.consequence == nil)), ("consequence", rule.consequence.map { .string($0) }))
          })
      ))
  }
}
