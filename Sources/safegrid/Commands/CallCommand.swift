import API
import ArgumentParser
import Bytes
import Client
import Dispatch
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
      A method that takes a stream reads its requests there, one JSON value to a line, each with a requestKey of its own
      or else with a fresh one:
        safegrid call Hazard.relay --as gm1 < reports.jsonl
      """)
  @Argument(help: "SERVICE.METHOD, for example Hazard.show.")
  var method: String
  @Argument(help: "The request as JSON (default: {}).")
  var request: String?
  @Flag(help: "Print the reply over several lines.")
  var pretty = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let method = try await ReflectedMethod(method, of: session)
    if method.takesStream {
      guard request ?? "-" == "-" else {
        throw ValidationError("\(self.method) takes many requests: on standard input, one JSON value to a line")
      }
      return try await method.exchange(isPretty: pretty)
    }
    let body = try method.encode(request ?? "{}")
    if method.isStreaming {
      try await method.stream(body, count: nil, isPretty: pretty)
    } else {
      try await method.call(body, isPretty: pretty)
    }
  }
}

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Prints the messages of any streaming query as they come, one JSON value to a line.",
    discussion: """
      Example: safegrid watch Hazard.watch '{"holder":"421222100001000"}'
      Runs until the stream ends or is interrupted, or until --count messages were printed. With - the request is read \
      from standard input.
      """)
  @Argument(help: "SERVICE.METHOD, for example Health.watch.")
  var method: String
  @Argument(help: "The request as JSON.")
  var request = "{}"
  @Option(help: "End after so many messages.") var count: Int?
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard count ?? 1 >= 1 else { throw ValidationError("--count is at least 1") }
  }

  func run() async throws {
    let session = try await options.open()
    let method = try await ReflectedMethod(method, of: session)
    guard method.isStreaming else {
      throw ValidationError("\(self.method) answers once; safegrid call \(self.method) calls it")
    }
    try await method.stream(try method.encode(request), count: count, isPretty: false)
  }
}

/// A method as the daemon describes it: what this program was built with does not count.
struct ReflectedMethod {
  private let session: Session
  private let schema: Schema
  private let method: MethodDeclaration
  private let number: UInt32

  init(_ name: String, of session: Session) async throws {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 2 else { throw ValidationError("\(name) is not SERVICE.METHOD; see safegrid describe") }
    self.session = session
    schema = try await session.schema()
    guard let (service, method) = schema.method(parts[0], parts[1]) else {
      let known = schema.services.map { "  \($0.name): \($0.methods.map(\.name).joined(separator: ", "))" }
      throw ValidationError("There is no method \(name). There are:\n\(known.joined(separator: "\n"))")
    }
    self.method = method
    number = service.number << 8 | method.number
  }

  var isStreaming: Bool { method.isStreaming }
  /// Whether many requests are sent to it.
  var takesStream: Bool { method.takesStream }

  /// The request's bytes, from JSON; `-` reads it from standard input.
  func encode(_ request: String) throws -> [UInt8] {
    guard
      let text = request == "-"
        ? String(validating: try InputFile.read("/dev/stdin", isOpaque: true), as: UTF8.self) : request
    else { throw ValidationError("the request is not UTF-8") }
    return try encode(text, called: "the request")
  }

  private func encode(_ text: String, called name: String) throws -> [UInt8] {
    do throws(JSONFault) {
      let node = try JSONNode(parsing: text)
      var body = ByteWriter()
      body.append(try JSONEncoding(schema).encode(node, as: method.request))
      // Each message of a stream of commands brings its key.
      if takesStream, let key = schema.record(named: method.request)?.fields.first(where: { $0.name == "request_key" }),
        case .object(let members) = node.value, !members.contains(where: { ["requestKey", key.name].contains($0.key) })
      {
        body.field(key.number, session.connection.makeRequestKey())
      }
      return body.bytes()
    } catch {
      throw ValidationError(localized("\(name), at \(error)", "\(name)，\(error.chineseDescription)"))
    }
  }

  /// Prints the reply.
  func call(_ body: [UInt8], isPretty: Bool) async throws {
    let reply = try await session.connection.unary(
      method: number, isCommand: method.kind == .command, body, session.options)
    try put(try JSONDecoding(schema, isPretty: isPretty).json(reply.body, as: method.response))
  }

  /// Sends the requests on standard input, and prints what comes back meanwhile.
  func exchange(isPretty: Bool) async throws {
    let printer = JSONDecoding(schema, isPretty: isPretty)
    let exchange = try await session.connection.exchange(
      method: number, isStreaming: isStreaming, session.options)
    let sender = Task { try await send(to: exchange) }
    // Once the stream has ended nobody waits for the next line.
    while let message = try await exchange.next() { try put(try printer.json(message, as: method.response)) }
    try await sender.value
  }

  /// What was sent before a line that is wrong is answered all the same.
  private func send(to exchange: any MessageExchange) async throws {
    var line = 0
    do {
      while let text = await StandardInput.nextLine() {
        line += 1
        guard text.contains(where: { !$0.isWhitespace }) else { continue }
        try await exchange.send(try encode(text, called: "line \(line)"))
      }
    } catch {
      await exchange.finishSending()
      throw error
    }
    await exchange.finishSending()
  }

  /// Prints messages until the stream ends, or `count` are there.
  func stream(_ body: [UInt8], count: Int?, isPretty: Bool) async throws {
    let printer = JSONDecoding(schema, isPretty: isPretty)
    let bodies = try await session.connection.stream(method: number, body, session.options)
    var printed = 0
    while printed != count, let message = try await bodies.next() {
      try put(try printer.json(message, as: method.response))
      printed += 1
    }
  }
}

/// Lines that come when they come: they are waited for on a thread of their own.
private enum StandardInput {
  private static let queue = DispatchQueue(label: "standard input")

  static func nextLine() async -> String? {
    await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: readLine()) } }
  }
}
