internal import Bytes

/// Everything that reads what others wrote. A target takes any bytes: it must not trap, and what it promises of the
/// answer, it traps without.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// The reader of frames: in whatever pieces the bytes come, it says the same.
  case frame
  /// The whole server side of a connection, with time, credit and slow calls.
  case connection
  /// Every record's decoder, its checks, and its JSON.
  case message
  /// JSON that people wrote.
  case json
  /// Keys of tables, and of the types that stand in keys.
  case key
  /// The compiler of the IDL: parser, checker, formatter, lint, lock, emitters.
  case idl

  package func run(_ input: [UInt8]) {
    switch self {
    case .frame: FrameFuzz.run(input)
    case .connection: ConnectionFuzz.run(input)
    case .message: MessageFuzz.run(input)
    case .json: JSONFuzz.run(input)
    case .key: KeyFuzz.run(input)
    case .idl: IDLFuzz.run(input)
    }
  }
}

/// An input whose first line names what it is for, so that corpora outlive changes of the interface.
struct NamedInput {
  let name: String
  let rest: [UInt8]

  init(_ input: [UInt8]) {
    let line = input.prefix { $0 != 0x0a }
    name = String(decoding: line, as: UTF8.self)
    rest = Array(input.dropFirst(line.count + 1))
  }

  /// The choice that is named; for a name that nothing has, any one of them.
  func pick<Choice>(_ choices: [(name: String, choice: Choice)]) -> Choice {
    if let named = choices.first(where: { $0.name == name }) { return named.choice }
    return choices[name.utf8.reduce(0) { ($0 * 31 + Int($1)) % choices.count }].choice
  }
}

/// Takes bytes one by one; zeros behind the end.
struct ByteSource {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset >= bytes.count }

  mutating func next() -> UInt8 {
    guard !isAtEnd else { return 0 }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func next(_ count: Int) -> [UInt8] {
    let start = offset
    offset = min(offset + count, bytes.count)
    return Array(bytes[start..<offset])
  }
}
