import API
import ArgumentParser
import Bytes
import Client
import Glibc
import ProtoJSON
import RPC
import Records
import Schema
import Transport

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON value, or one to a line for streams.")
  var json = false
}

/// What every command that talks to a daemon takes, before or behind the command's name.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: "Where the daemon listens: unix:PATH or tcp://HOST:PORT. Default: SAFEGRID_CONNECT, or \(defaultEndpoint).")
  var connect: String?
  @OptionGroup var output: OutputOptions
  @Option(name: .customLong("as"), help: "Act for this person; needs the role delegate.")
  var person: String?
  @Option(help: "Seconds to wait for a reply.")
  var timeout = 10
  @Option(
    help: "The request key of a command, 32 hexadecimal digits (UUIDv7): to repeat one whose outcome is unknown.")
  var requestKey: String?

  static let defaultEndpoint = "unix:\(geteuid() == 0 ? "/run/safegrid.sock" : "$XDG_RUNTIME_DIR/safegrid.sock")"

  func validate() throws {
    if let connect, Endpoint(connect) == nil {
      throw ValidationError("\(connect) is neither unix:PATH nor tcp://HOST:PORT")
    }
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout lies between 1 and 3600 seconds") }
    if let requestKey, Self.bytes(requestKey) == nil {
      throw ValidationError("--request-key takes 32 hexadecimal digits")
    }
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    [UInt8](hexadecimal: text.filter { $0 != "-" }).flatMap { $0.count == 16 ? $0 : nil }
  }

  var json: Bool { output.json }

  /// The address that was meant.
  func endpoint() throws -> Endpoint {
    if let connect { return Endpoint(connect)! }
    if let text = environment("SAFEGRID_CONNECT") {
      guard let endpoint = Endpoint(text) else {
        throw ValidationError("SAFEGRID_CONNECT is \(text), which is neither unix:PATH nor tcp://HOST:PORT")
      }
      return endpoint
    }
    let folder = geteuid() == 0 ? "/run" : environment("XDG_RUNTIME_DIR") ?? environment("HOME") ?? "/tmp"
    return .unix(path: "\(folder)/safegrid.sock")
  }

  /// For what consists of many commands: none of them is the one that a key repeats.
  func openForMany() async throws -> Session {
    guard requestKey == nil else {
      throw ValidationError("--request-key repeats one command; this is many, and may simply be run again")
    }
    return try await open()
  }

  func open() async throws -> Session {
    Session(
      connection: try await Connection.connect(to: try endpoint(), name: "safegrid"), isJSON: json,
      options: CallOptions(
        timeout: .seconds(timeout), actingFor: person, requestKey: requestKey.flatMap(Self.bytes)))
  }
}

/// A variable of the environment; empty is unset.
func environment(_ name: String) -> String? {
  // Safe: the string is copied at once.
  guard let value = unsafe getenv(name) else { return nil }
  let text = unsafe String(cString: value)
  return text.isEmpty ? nil : text
}

/// A connection, and how to print what comes over it.
struct Session {
  let connection: Connection
  let isJSON: Bool
  let options: CallOptions

  /// The interface as the daemon speaks it: ours, or, if it is of another version, as it describes itself.
  func schema() async throws -> Schema {
    guard connection.greeting.schemaHash != interfaceHash else { return Interface.schema }
    let description = try await ReflectionClient(connection).interface(Empty(), options)
    do throws(SchemaFaults) {
      return try Schema(files: description.files.map { ($0.name, $0.text) })
    } catch {
      throw InputFault("the daemon describes itself in a language that this safegrid does not understand: \(error)")
    }
  }

  /// Prints a reply: as JSON, or as `human` says.
  func show<Reply: WireRecord>(_ reply: Reply, human: (Reply) -> String) throws {
    if isJSON {
      try put(try JSONDecoding(Interface.schema).json(reply.encoded(), as: "\(Reply.self)"))
    } else {
      let text = human(reply)
      if !text.isEmpty { try put(text) }
    }
  }
}

/// Prints a text, and says when it cannot be written.
func put(_ text: String) throws {
  print(text)
  guard fflush(nil) == 0 else {
    // Who reads us has seen enough.
    if errno == EPIPE { throw ExitCode(ExitStatus.done) }
    throw InputFault("cannot write the output: \(unsafe String(cString: strerror(errno)))")
  }
}
