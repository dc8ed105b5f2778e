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
    help: "Where the daemon listens: \(Endpoint.forms). Default: SAFEGRID_CONNECT, or \(defaultEndpoint).")
  var connect: String?
  @OptionGroup var output: OutputOptions
  @Option(name: .customLong("as"), help: "Act for this person; needs the role delegate.")
  var person: String?
  @Option(
    help: """
      A file that holds the token to call with; only its owner may read it. Default: the token in SAFEGRID_TOKEN, if any.
      """, completion: .file())
  var tokenFile: String?
  @OptionGroup var tls: TLSOptions
  @Option(help: "Seconds to wait for a reply.")
  var timeout = 10
  @Option(
    help: "The request key of a command, 32 hexadecimal digits (UUIDv7): to repeat one whose outcome is unknown.")
  var requestKey: String?

  static let defaultEndpoint = "unix:\(geteuid() == 0 ? "/run/safegrid.sock" : "$XDG_RUNTIME_DIR/safegrid.sock")"

  func validate() throws {
    if let connect, Endpoint(connect) == nil {
      throw ValidationError("\(connect) is none of \(Endpoint.forms)")
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

  /// The daemon that was meant, and as whom to call it.
  func address() throws -> DaemonAddress {
    let endpoint = try endpoint()
    return DaemonAddress(endpoint: endpoint, token: try token(), tls: try tls.clientTLS())
  }

  private func endpoint() throws -> Endpoint {
    if let connect { return Endpoint(connect)! }
    if let text = environment("SAFEGRID_CONNECT") {
      guard let endpoint = Endpoint(text) else {
        throw ValidationError("SAFEGRID_CONNECT is \(text), which is none of \(Endpoint.forms)")
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

  /// The secret to call with, if one was given.
  private func token() throws -> AccessToken? {
    if let tokenFile { return try AccessTokenFile.read(tokenFile) }
    guard let text = environment("SAFEGRID_TOKEN") else { return nil }
    guard let token = AccessToken(text) else {
      throw InputFault("what stands in SAFEGRID_TOKEN is no token, or was not copied whole")
    }
    return token
  }

  func open() async throws -> Session {
    Session(
      connection: try await address().connect(name: "safegrid"), isJSON: json,
      options: CallOptions(
        timeout: .seconds(timeout), actingFor: person, requestKey: requestKey.flatMap(Self.bytes),
        trace: environment("TRACEPARENT").flatMap(TraceContext.init)))
  }
}

/// Whom to trust on the way to a daemon, and what to show there.
struct TLSOptions: ParsableArguments {
  @Option(
    help: "The authorities that vouch for the daemon at tls://, in PEM. Default: SAFEGRID_TLS_CA, or the system's.",
    completion: .file())
  var tlsCa: String?
  @Option(help: "The certificate to show at tls://, in PEM.", completion: .file()) var tlsCertificate: String?
  @Option(help: "The key of that certificate, in PEM.", completion: .file()) var tlsKey: String?

  func validate() throws {
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
  }

  func clientTLS() throws -> ClientTLS? {
    let files = tlsCertificate.map { TLSCertificateFiles(certificate: $0, key: tlsKey!) }
    let authority = tlsCa ?? environment("SAFEGRID_TLS_CA")
    guard authority != nil || files != nil else { return nil }
    do throws(TLSFault) { return try ClientTLS(authority: authority, showing: files) } catch {
      throw InputFault("\(error)")
    }
  }
}

/// A daemon, and as whom to call it.
struct DaemonAddress: Sendable {
  let endpoint: Endpoint
  var token: AccessToken?
  var tls: ClientTLS?

  func connect(name: String) async throws(ConnectFailure) -> Connection {
    try await Connection.connect(to: endpoint, name: name, token: token, tls: tls)
  }
}

/// A token in a file that nobody but its owner reads.
enum AccessTokenFile {
  static func read(_ path: String) throws -> AccessToken {
    var information = stat()
    // Safe: path and structure are valid for the call.
    guard unsafe stat(path, &information) == 0 else {
      throw InputFault("cannot open \(path): \(unsafe String(cString: strerror(errno)))")
    }
    guard information.st_mode & 0o077 == 0 else {
      throw InputFault("others may read \(path): a token is as good as a password, so chmod 600 it")
    }
    let bytes = try InputFile.read(path, isOpaque: true)
    guard bytes.count <= 200, let token = AccessToken(String(decoding: bytes, as: UTF8.self)) else {
      throw InputFault("\(path) holds no token, or one that was not copied whole")
    }
    return token
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
      try put(try reply.json(in: Interface.schema))
    } else {
      let text = human(reply)
      if !text.isEmpty { try put(text) }
    }
  }
}

extension WireRecord {
  func json(in schema: Schema) throws -> String {
    try JSONDecoding(schema).json(encoded(), as: "\(Self.self)")
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
