import API
import ArgumentParser
import Client
import FoundationEssentials
import Glibc
import ProtoJSON
import RPC
import Schema

struct CallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call", abstract: "Calls any method by name, with JSON in and JSON out.",
    discussion: """
      Example: safegrid call Hazard.count '{"grid":"421222100000000"}'
      The request is ProtoJSON of the method's request record; see the IDL. With - it is read from standard input.
      """)
  @Argument(help: "SERVICE.METHOD, for example Hazard.show.")
  var method: String
  @Argument(help: "The request as JSON.")
  var request = "{}"
  @Option(
    help: "The request key of a command, 32 hexadecimal digits (UUIDv7); for repeating one whose outcome is unknown.")
  var requestKey: String?
  @Flag(help: "Print the reply over several lines.")
  var pretty = false
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard find() != nil else {
      let known = Interface.schema.services.map { service in
        "  \(service.name): \(service.methods.map(\.name).joined(separator: ", "))"
      }
      throw ValidationError("There is no method \(method). There are:\n\(known.joined(separator: "\n"))")
    }
    if let requestKey, Self.bytes(requestKey) == nil {
      throw ValidationError("--request-key takes 32 hexadecimal digits")
    }
  }

  private func find() -> (service: ServiceDeclaration, method: MethodDeclaration)? {
    let parts = method.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2, let service = Interface.schema.services.first(where: { $0.name == parts[0] }),
      let method = service.methods.first(where: { $0.name == parts[1] || $0.name.camelCased == parts[1] })
    else { return nil }
    return (service, method)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.filter { $0 != "-" }.compactMap(\.hexDigitValue)
    guard digits.count == 32, text.filter({ $0 != "-" }).count == 32 else { return nil }
    return stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  func run() async throws {
    guard let (service, method) = find() else { return }
    let text =
      request == "-"
      ? String(decoding: FileManager.default.contents(atPath: "/dev/stdin") ?? Data(), as: UTF8.self) : request
    let body: [UInt8]
    do throws(JSONFault) {
      body = try JSONEncoding(Interface.schema).encode(try JSONNode(parsing: text), as: method.request)
    } catch {
      throw ValidationError("the request, at \(error)")
    }
    let session = try await options.open()
    var callOptions = session.options
    callOptions.requestKey = requestKey.flatMap(Self.bytes)
    let printer = JSONDecoding(Interface.schema, isPretty: pretty)
    let number = service.number << 8 | method.number
    if method.isStreaming {
      let bodies = try await session.connection.stream(method: number, body, callOptions)
      while let message = try await bodies.next() {
        print(try printer.json(message, as: method.response))
        fflush(nil)
      }
    } else {
      let reply = try await session.connection.unary(
        method: number, isCommand: method.kind == .command, body, callOptions)
      print(try printer.json(reply.body, as: method.response))
    }
  }
}
