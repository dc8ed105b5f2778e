import API
import ArgumentParser
import Bytes
import Client
import RPC
import Records
import Scalars

struct ImportBoundariesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boundaries", abstract: "Imports the boundaries of nodes 责任区域图.",
    discussion: """
      Columns: code,boundary. A boundary is POLYGON ((113.80 29.20, …)) or MULTIPOLYGON, in degrees of CGCS2000, east \
      before north. Neighbours may touch, but not overlap. Each line is a command of its own: those before a line that is \
      refused stay.
      """)
  @OptionGroup var input: ImportOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let table = try CSVFile(path: input.file, required: ["code", "boundary"])
    var faults = table.faults
    var lines: [(line: Int, request: PutBoundary)] = []
    for row in table.rows {
      do throws(LineReason) {
        lines.append((row.line, try Self.request(row)))
      } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    try input.judge(faults.sorted { $0.line < $1.line })
    let session = try await options.openForMany()
    let client = GridClient(session.connection)
    var total = PutCellsReceipt()
    for (line, request) in lines {
      do throws(CallFailure) {
        let receipt = try await client.putBoundary(request, session.options)
        if receipt.version == 1 { total.created += 1 } else { total.replaced += 1 }
      } catch {
        let fault = LineFault(
          line: line, reason: error.refusal.map { localized($0.message.english, $0.message.chinese) } ?? "\(error)")
        guard input.skipBadLines, error.refusal != nil else {
          throw InputFault(
            localized(
              "line \(fault.line): \(fault.reason); \(total.created + total.replaced) boundaries before it were drawn",
              "第\(fault.line)行：\(fault.reason)；其前的\(total.created + total.replaced)条边界已绘制"))
        }
        input.complain(of: fault)
      }
    }
    try session.show(total) {
      localized("boundaries: \($0.created) drawn, \($0.replaced) redrawn", "边界：新绘\($0.created)，重绘\($0.replaced)")
    }
  }

  private static func request(_ row: CSVFile.Row) throws(LineReason) -> PutBoundary {
    guard let code = GridCode(argument: row["code"]) else {
      throw LineReason("code \"\(row["code"])\" is no grid", "code“\(row["code"])”不是网格代码")
    }
    let request = PutBoundary(code: code, rings: try WellKnownText.rings(row["boundary"]))
    do throws(RecordFault) { try request.check() } catch { throw LineReason(error) }
    return request
  }
}
