import API
import ArgumentParser
import Client
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
  }

  private func find() -> (service: ServiceDeclaration, method: MethodDeclaration)? {
    let parts = method.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2, let service = Interface.schema.services.first(where: { $0.name == parts[0] }),
      let method = service.methods.first(where: { $0.name == parts[1] || $0.name.camelCased == parts[1] })
    else { return nil }
    return (service, method)
  }

  func run() async throws {
    guard let (service, method) = find() else { return }
    guard
      let text = request == "-"
        ? String(validating: try InputFile.read("/dev/stdin", isOpaque: true), as: UTF8.self) : request
    else { throw ValidationError("the request is not UTF-8") }
    let body: [UInt8]
    do throws(JSONFault) {
      body = try JSONEncoding(Interface.schema).encode(try JSONNode(parsing: text), as: method.request)
    } catch {
      throw ValidationError("the request, at \(error)")
    }
    let session = try await options.open()
    let printer = JSONDecoding(Interface.schema, isPretty: pretty)
    let number = service.number << 8 | method.number
    if method.isStreaming {
      let bodies = try await session.connection.stream(method: number, body, session.options)
      while let message = try await bodies.next() {
        try put(try printer.json(message, as: method.response))
      }
    } else {
      let reply = try await session.connection.unary(
        method: number, isCommand: method.kind == .command, body, session.options)
      try put(try printer.json(reply.body, as: method.response))
    }
  }
}
