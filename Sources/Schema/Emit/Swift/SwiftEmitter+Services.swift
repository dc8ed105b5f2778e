extension SwiftEmitter {
  /// Service protocols, client stubs, and the interface's own text.
  package func services(idlFiles: [(name: String, text: String)]) -> [GeneratedFile] {
    [
      GeneratedFile(name: "Services.swift", text: serviceProtocols()),
      GeneratedFile(name: "Clients.swift", text: clients()),
      GeneratedFile(name: "InterfaceText.swift", text: interfaceText(idlFiles)),
    ]
  }

  private func serviceProtocols() -> String {
    file(imports: ["package import Bytes", "package import RPC", "package import Records"]) { code in
      let answering = schema.services.filter { $0.methods.contains { $0.kind == .query || $0.takesStream } }
      for service in answering {
        code.line()
        code.documentation(service.heading.explanation)
        code.line("///")
        code.line("/// Only queries and streams stand here: single commands go to the engine.")
        code.block("package protocol \(service.name)Service {") { code in
          for method in service.methods where method.kind == .query || method.takesStream {
            code.documentation(method.heading.explanation)
            let name = Self.escaped(method.name.camelCased)
            guard !method.takesStream else {
              code.line("func \(name)() -> any CommandStream")
              continue
            }
            code.line("func \(name)(")
            code.line("  _ request: \(method.request), for caller: borrowing Caller,")
            code.line("  in snapshot: borrowing some SnapshotReader & ~Copyable\(method.isStreaming ? "" : ",")")
            if method.isStreaming {
              code.line(") throws(Refusal) -> any MessageSource")
            } else {
              code.line("  into reply: inout Reply<\(method.response)>")
              code.line(") throws(Refusal)")
            }
          }
        }
      }
      code.line()
      code.line("/// All services together.")
      code.line("package protocol Services: \(answering.map { $0.name + "Service" }.joined(separator: ", ")) {}")
      code.line()
      code.block("extension Services {") { code in
        emitAnswer(into: &code)
        code.line()
        emitOpen(into: &code)
        code.line()
        emitCommandStream(into: &code)
      }
    }
  }

  private func emitAnswer(into code: inout CodeWriter) {
    code.line("/// Answers a unary query into `writer`.")
    code.line("package func answer(")
    code.line("  _ query: Query, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,")
    code.line("  into writer: inout ByteWriter")
    code.block(") throws(Refusal) {") { code in
      code.cases("switch query {") { code in
        for entry in queries {
          if entry.method.isStreaming {
            code.line("case .\(entry.caseName): preconditionFailure(\"\(entry.idlName) streams\")")
          } else {
            code.line("case .\(entry.caseName)(let request):")
            let response = entry.method.response
            let isMasked = schema.record(named: response).map(schema.hasSensitiveFields) ?? false
            let sight = isMasked ? ", for: caller.sight(in: try query.scope(in: snapshot))" : ""
            code.line("  try writer.reply(with: \(response).self\(sight)) { (reply) throws(Refusal) in")
            code.line(
              "    try \(Self.escaped(entry.method.name.camelCased))(request, for: caller, in: snapshot, into: &reply)")
            code.line("  }")
          }
        }
      }
    }
  }

  private func emitOpen(into code: inout CodeWriter) {
    code.line("/// Begins a streaming query.")
    code.line("package func open(")
    code.line("  _ query: Query, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable")
    code.block(") throws(Refusal) -> any MessageSource {") { code in
      code.cases("switch query {") { code in
        for entry in queries where entry.method.isStreaming {
          code.line("case .\(entry.caseName)(let request):")
          code.line("  return try \(Self.escaped(entry.method.name.camelCased))(request, for: caller, in: snapshot)")
        }
        code.line("default: preconditionFailure(\"\\(query.method.name) does not stream\")")
      }
    }
  }

  private func emitCommandStream(into code: inout CodeWriter) {
    code.line("/// What makes commands of the messages of a stream; `nil` when the method takes one request.")
    code.block("package func commandStream(_ method: Method) -> (any CommandStream)? {") { code in
      code.cases("switch method {") { code in
        for entry in commandStreams {
          code.line("case .\(entry.caseName): \(Self.escaped(entry.method.name.camelCased))()")
        }
        code.line("default: nil")
      }
    }
  }

  private func clients() -> String {
    file(imports: ["internal import Bytes", "public import RPC", "public import Records"]) { code in
      for service in schema.services {
        code.line()
        code.documentation(service.heading.explanation)
        code.block("public struct \(service.name)Client: Sendable {") { code in
          code.line("private let calls: any Calls")
          code.line()
          code.line("public init(_ calls: any Calls) { self.calls = calls }")
          for method in service.methods { emitClient(service, method, into: &code) }
        }
      }
    }
  }

  private func emitClient(_ service: ServiceDeclaration, _ method: MethodDeclaration, into code: inout CodeWriter) {
    let number = service.number << 8 | method.number
    let name = Self.escaped(method.name.camelCased)
    code.line()
    code.documentation(method.heading.explanation)
    if let reason = method.heading.life.deprecation {
      code.line("@available(*, deprecated, message: \(Self.literal(reason)))")
    }
    if method.takesStream {
      let kind = method.isStreaming ? "Exchange" : "Upload"
      let type = "\(kind)<\(method.request), \(method.response)>"
      code.line("public func \(name)(")
      code.line("  _ options: CallOptions = .init()")
      code.block(") async throws(CallFailure) -> \(type) {") { code in
        code.line(
          "let stream = try await calls.exchange(method: \(number), isStreaming: \(method.isStreaming), options)")
        code.line("return \(type)(stream, encode: { $0.encoded() }) { (body) throws(CallFailure) in")
        code.line("  try \(method.response)(received: body)")
        code.line("}")
      }
      return
    }
    if method.isStreaming {
      code.line("public func \(name)(")
      code.line("  _ request: \(method.request), _ options: CallOptions = .init()")
      code.block(") async throws(CallFailure) -> MessageStream<\(method.response)> {") { code in
        code.line("let stream = try await calls.stream(method: \(number), request.encoded(), options)")
        code.line(
          "return MessageStream(stream) { (body) throws(CallFailure) in try \(method.response)(received: body) }")
      }
      return
    }
    code.line("public func \(name)(")
    code.line("  _ request: \(method.request), _ options: CallOptions = .init()")
    code.block(") async throws(CallFailure) -> \(method.response) {") { code in
      code.line("let reply = try await calls.unary(")
      code.line("  method: \(number), isCommand: \(method.kind == .command), request.encoded(),")
      code.line("  options.within(.seconds(\(method.deadlineSeconds))))")
      code.line("return try \(method.response)(received: reply.body)")
    }
  }

  /// The IDL itself, which describes the interface to whoever asks.
  private func interfaceText(_ files: [(name: String, text: String)]) -> String {
    file(imports: []) { code in
      code.line("/// The IDL files that this interface was generated from.")
      code.block("package enum InterfaceText {") { code in
        code.block("package static let files: [(name: String, text: String)] = [", closing: "]") { code in
          for file in files {
            code.line("(")
            // Without its folder, so that the same sources give the same program wherever they are built.
            code.line("  \"\(file.name.split(separator: "/").last ?? "")\",")
            code.line("  ####\"\"\"")
            for line in file.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
              code.line(line.isEmpty ? "" : "  \(line)")
            }
            code.line("  \"\"\"####")
            code.line("),")
          }
        }
      }
    }
  }
}
