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
    guard method.split(separator: ".").count == 2 else {
      throw ValidationError("\(method) is not SERVICE.METHOD; see safegrid describe")
    }
  }

  func run() async throws {
    let session = try await options.open()
    // What the daemon speaks counts, not what this program was built with.
    let schema = try await session.schema()
    let parts = method.split(separator: ".").map(String.init)
    guard let (service, method) = schema.method(parts[0], parts[1]) else {
      let known = schema.services.map { "  \($0.name): \($0.methods.map(\.name).joined(separator: ", "))" }
      throw ValidationError("There is no method \(self.method). There are:\n\(known.joined(separator: "\n"))")
    }
    guard
      let text = request == "-"
        ? String(validating: try InputFile.read("/dev/stdin", isOpaque: true), as: UTF8.self) : request
    else { throw ValidationError("the request is not UTF-8") }
    let body: [UInt8]
    do throws(JSONFault) {
      body = try JSONEncoding(schema).encode(try JSONNode(parsing: text), as: method.request)
    } catch {
      throw ValidationError("the request, at \(error)")
    }
    let printer = JSONDecoding(schema, isPretty: pretty)
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
