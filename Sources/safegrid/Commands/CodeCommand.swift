import ArgumentParser
import Bytes
import Scalars
import Schema

struct CodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code", abstract: "Looks at codes; needs no daemon.", subcommands: [CodeCheckCommand.self])
}

struct CodeCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Says of each code whether it is valid, legacy or invalid, and why.",
    discussion: """
      valid    well formed, and its check character is right
      legacy   well formed after an older rule, or registered with a wrong check character: only taken on request
      invalid  cannot be a code of this kind
      Exit code 0 when all are valid, else 1.
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case grid, uscc, hazard }
  enum Verdict: String { case valid, legacy, invalid }

  @Argument(help: "grid (15 digits), uscc (18 characters) or hazard (28 digits).")
  var kind: Kind
  @Argument(help: "The codes.")
  var values: [String]
  @OptionGroup var output: OutputOptions

  func run() throws {
    let results = values.map { value in (value: value, judgement: judge(value)) }
    if output.json {
      let items = results.map { value, judgement in
        "{\"value\":\(JSONValue.quoted(value)),\"verdict\":\"\(judgement.verdict.rawValue)\","
          + "\"reason\":\(JSONValue.quoted(judgement.reason))}"
      }
      try put("[\(items.joined(separator: ","))]")
    } else {
      for (value, judgement) in results { try put("\(judgement.verdict.rawValue)\t\(value)\t\(judgement.reason)") }
    }
    if results.contains(where: { $0.judgement.verdict != .valid }) { throw ExitCode(1) }
  }

  private func judge(_ value: String) -> (verdict: Verdict, reason: String) {
    do throws(RecordFault) {
      switch kind {
      case .grid: return try judgeGrid(value)
      case .uscc: return try judgeUSCC(value)
      case .hazard:
        let number = try HazardNumber(parsing: value)
        return (.valid, "grid \(number.grid), \(number.date), number \(number.sequence) of the day")
      }
    } catch {
      return (.invalid, error.reason)
    }
  }

  private func judgeGrid(_ value: String) throws(RecordFault) -> (verdict: Verdict, reason: String) {
    if value.utf8.count == 14, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return (.legacy, "14 digits: a unit grid after CJ/T 213-2005; map it to a 15-digit code")
    }
    let code = try GridCode(parsing: value)
    let level = ["county 县级", "township 乡级", "village 村级", "cell 网格"][code.depth - 1]
    return (.valid, level + (code.parent.map { " in \($0)" } ?? ""))
  }

  private func judgeUSCC(_ value: String) throws(RecordFault) -> (verdict: Verdict, reason: String) {
    let code = try USCC(parsing: value)
    guard code.isVerified else {
      return (
        .legacy,
        "well formed, but its check character would be \(code.expectedCheckCharacter): "
          + "a typing error, or one of the codes that were registered so"
      )
    }
    let note = value == "\(code)" ? "" : ", written \(code)"
    return (.valid, "registered in division \(code.registeringDivision)\(note)")
  }
}
