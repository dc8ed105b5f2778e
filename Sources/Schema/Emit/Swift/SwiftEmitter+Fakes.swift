extension SwiftEmitter {
  /// A fake of each service for tests of those who call them, and `FakeServices`, which clients take for a connection.
  package func fakes() -> [GeneratedFile] {
    let text = file(imports: ["public import RPC", "public import Records", "internal import Synchronization"]) {
      code in
      for service in schema.services { emitFake(service, into: &code) }
      emitFakeServices(into: &code)
    }
    return [GeneratedFile(name: "FakeServices.swift", text: text)]
  }

  private func emitFake(_ service: ServiceDeclaration, into code: inout CodeWriter) {
    code.line()
    code.documentation(service.heading.explanation)
    code.line("///")
    code.line("/// A fake: it remembers requests and gives planned answers.")
    code.block("public struct Fake\(service.name): Sendable {") { code in
      for method in service.methods {
        code.documentation(method.heading.explanation)
        // Of a stream of requests that one reply answers, the requests are remembered together.
        let (request, reply) =
          switch (method.takesStream, method.isStreaming) {
          case (false, false), (true, true): (method.request, method.response)
          case (false, true): (method.request, "[\(method.response)]")
          case (true, false): ("[\(method.request)]", method.response)
          }
        let name = Self.escaped(method.name.camelCased)
        code.line("public let \(name) = FakeMethod<\(request), \(reply)>(\"\(service.name).\(method.name)\")")
      }
    }
  }

  private func emitFakeServices(into code: inout CodeWriter) {
    code.line()
    code.line("/// All services as fakes; every generated client can be made over it.")
    code.block("public final class FakeServices: Calls {") { code in
      for service in schema.services { code.line("public let \(Self.fakeName(service)) = Fake\(service.name)()") }
      code.line("/// How many commands were answered: the sequence that replies carry.")
      code.line("private let sequence = Mutex<UInt64>(0)")
      code.line()
      code.line("public init() {}")
      code.line()
      code.line("public func unary(")
      code.line("  method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions")
      code.block(") async throws(CallFailure) -> CallReply {") { code in
        code.cases("let reply = switch method {") { code in
          emitCases("unary", "body, options", into: &code) { !$0.takesStream && !$0.isStreaming }
          code.line(Self.otherwise)
        }
        code.block("let sequence = sequence.withLock { sequence in", closing: "}") { code in
          code.line("if isCommand { sequence += 1 }")
          code.line("return sequence")
        }
        code.line("return CallReply(body: reply, sequence: sequence)")
      }
      code.line()
      code.line("public func stream(")
      code.line("  method: UInt32, _ body: [UInt8], _ options: CallOptions")
      code.block(") async throws(CallFailure) -> any MessageBodies {") { code in
        code.cases("switch method {") { code in
          emitCases("stream", "body, options", into: &code) { !$0.takesStream && $0.isStreaming }
          code.line(Self.otherwise)
        }
      }
      code.line()
      code.line("public func exchange(")
      code.line("  method: UInt32, isStreaming: Bool, _ options: CallOptions")
      code.block(") async throws(CallFailure) -> any MessageExchange {") { code in
        code.cases("switch method {") { code in
          emitCases("exchange", "options", into: &code) { $0.takesStream && $0.isStreaming }
          emitCases("upload", "options", into: &code) { $0.takesStream && !$0.isStreaming }
          code.line(Self.otherwise)
        }
      }
    }
  }

  private static let otherwise =
    "default: throw CallFailure(.unimplemented, .notExecuted, \"there is no such method\")"

  private func emitCases(
    _ verb: String, _ arguments: String, into code: inout CodeWriter, where isMeant: (MethodDeclaration) -> Bool
  ) {
    for entry in methods() where isMeant(entry.method) {
      let call = "\(Self.fakeName(entry.service)).\(entry.method.name.camelCased).\(verb)(\(arguments))"
      code.line("case \(entry.number): \(entry.method.takesStream ? "" : "try ")\(call)")
    }
  }

  private static func fakeName(_ service: ServiceDeclaration) -> String {
    escaped(service.name.snakeCased.camelCased)
  }
}
