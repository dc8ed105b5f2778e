import API
import Client
import RPC
import Records
import Scalars

/// What the lines of a file name and only the daemon knows: asked before anything is written.
struct NamedThings {
  private var grids: [GridCode: [Int]] = [:]
  private var enterprises: [UInt64: [Int]] = [:]

  mutating func add(_ code: GridCode, line: Int) { grids[code, default: []].append(line) }
  mutating func add(enterprise: UInt64, line: Int) { enterprises[enterprise, default: []].append(line) }

  /// A fault for each line that names what the daemon does not know.
  func faults(_ session: Session) async throws -> [LineFault] {
    var faults: [LineFault] = []
    for (id, lines) in enterprises {
      do throws(CallFailure) {
        _ = try await EnterpriseClient(session.connection).show(ShowEnterprise(id: id), session.options)
      } catch {
        guard error.code == .notFound else { throw error }
        faults += lines.map { LineFault(line: $0, reason: localized("there is no enterprise \(id)", "没有编号为\(id)的对象")) }
      }
    }
    for (code, lines) in grids {
      do throws(CallFailure) {
        _ = try await GridClient(session.connection).show(ShowGrid(code: code), session.options)
      } catch {
        guard case .unknownGrid = error.refusal else { throw error }
        faults += lines.map {
          LineFault(line: $0, reason: localized("there is no active grid \(code)", "没有启用的网格\(code)"))
        }
      }
    }
    return faults
  }
}
