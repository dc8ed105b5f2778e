/// A whole interface as declared in one package of IDL files: checked and complete. Emitters print it and decide
/// nothing; tools at run time read names, labels and limits from it.
package struct Schema: Sendable {
  package internal(set) var package = ""
  package internal(set) var edition: Int64 = 0
  /// In the order of the files, and inside a file in the order of the text.
  package internal(set) var records: [RecordDeclaration] = []
  package internal(set) var enums: [EnumDeclaration] = []
  package internal(set) var errors: [ErrorDeclaration] = []
  package internal(set) var services: [ServiceDeclaration] = []
  package internal(set) var tables: [TableDeclaration] = []

  package func record(named name: String) -> RecordDeclaration? { records.first { $0.name == name } }

  /// Whether a field of the record, or of one inside it, is `@sensitive`.
  package func hasSensitiveFields(_ record: RecordDeclaration) -> Bool {
    var reached: Set<String> = [record.name]
    var open = [record]
    while let record = open.popLast() {
      for field in record.fields {
        if field.limits.isSensitive { return true }
        guard case .record(let name) = field.type, reached.insert(name).inserted else { continue }
        if let inner = self.record(named: name) { open.append(inner) }
      }
    }
    return false
  }
  package func enumeration(named name: String) -> EnumDeclaration? { enums.first { $0.name == name } }
  package func table(named name: String) -> TableDeclaration? { tables.first { $0.name == name } }
}

/// What every declaration has.
package struct Heading: Sendable {
  package let name: String
  package let documentation: [String]
  package let life: Life
  package let location: Location
}

/// A text in the two languages that people see.
package struct Label: Sendable, Equatable {
  package let english: String
  package let chinese: String
}

package struct RecordDeclaration: Sendable {
  package let heading: Heading
  package internal(set) var fields: [Field]
  /// A union: a record of which one field is set, or none. Its fields are optional, and are called arms.
  package let isUnion: Bool
  /// Whether such records stand in a file that no table declares.
  package let isStored: Bool
  package var name: String { heading.name }
}

extension RecordDeclaration {
  /// The field that JSON calls so, in camel case or as in the IDL, by its name or a former one.
  package func field(keyed key: String) -> Field? {
    fields.first { field in
      ([field.name] + field.heading.life.formerNames).contains { $0 == key || $0.camelCased == key }
    }
  }
}

package struct Field: Sendable {
  package let heading: Heading
  package let number: UInt32
  /// Of the value, or of each value of a list or map.
  package let type: ValueType
  package let shape: Shape
  package let limits: FieldLimits
  /// One, or of a list several; none where the IDL gives none.
  package let examples: [ExampleValue]
  package var name: String { heading.name }

  package enum Shape: Sendable, Equatable {
    /// Absence is the default.
    case single
    /// Absence is something else than the default.
    case optional
    case list
    /// By keys of this type, each once, in the order that they have in keys of tables.
    case map(Scalar)
  }

  package var isList: Bool { shape == .list }
  package var isOptional: Bool { shape == .optional }
  package var mapKey: Scalar? { if case .map(let key) = shape { key } else { nil } }
  /// A list or a map.
  package var isMany: Bool { isList || mapKey != nil }
}

/// The single value of a field, an element or a key component.
package enum ValueType: Sendable, Hashable {
  case scalar(Scalar)
  case record(String)
  case enumeration(String)
}

package enum Scalar: String, Sendable, CaseIterable {
  case bool, i32, i64, u32, u64, f64, text, bytes
  case gridCode = "GridCode"
  case uscc = "USCC"
  case hazardNumber = "HazardNumber"
  case instant = "Instant"
  case date = "Date"
  case fen = "Fen"
  case term = "Term"

  /// What a map's keys can be: what has an order, and is a key of maps in protobuf, too.
  package static let mapKeys: [Scalar] = [.i32, .i64, .u32, .u64, .text, .gridCode, .uscc, .hazardNumber, .date]

  /// Those with rules of their own, hand-written in `Scalars`.
  package static let domain: [Scalar] = [.gridCode, .uscc, .hazardNumber, .instant, .date, .fen, .term]

  package var isInteger: Bool { [.i32, .i64, .u32, .u64].contains(self) }
  /// The values of an integer, as far as a bound can name them.
  package var range: ClosedRange<Int64>? {
    switch self {
    case .i32: Int64(Int32.min)...Int64(Int32.max)
    case .u32: 0...Int64(UInt32.max)
    case .i64: Int64.min...Int64.max
    case .u64: 0...Int64.max
    default: nil
    }
  }
  package var isNumber: Bool { isInteger || self == .f64 }
  /// Whether elements of a list stand packed in one field.
  package var isPacked: Bool { isNumber || self == .bool || self == .gridCode || self == .fen }
}

/// What values a field may have, beyond its type.
package struct FieldLimits: Sendable, Equatable {
  /// Characters (Unicode scalars) of a text, bytes, elements of a list, or entries of a map.
  package internal(set) var length: ClosedRange<Int64>?
  /// The same of each element of a list, or value of a map, of texts or bytes.
  package internal(set) var each: ClosedRange<Int64>?
  /// Characters of each key of a map by texts.
  package internal(set) var keys: ClosedRange<Int64>?
  package internal(set) var min: Int64?
  package internal(set) var max: Int64?
  package internal(set) var pattern: Pattern?
  /// About a person: only those are shown it who run the daemon, and whom the next two lists name.
  package internal(set) var isSensitive = false
  /// Roles that are shown a sensitive text as a whole.
  package internal(set) var shownTo: [String] = []
  /// Roles that are shown its first and last characters.
  package internal(set) var partlyShownTo: [String] = []
}

package struct EnumDeclaration: Sendable {
  package let heading: Heading
  package internal(set) var values: [EnumValue]
  package var name: String { heading.name }

  package func value(numbered number: Int32) -> EnumValue? { values.first { $0.number == number } }
}

package struct EnumValue: Sendable {
  package let heading: Heading
  package let number: Int32
  package let label: Label
  package var name: String { heading.name }
}

/// A refusal with a number of its own. Its texts name fields in braces.
package struct ErrorDeclaration: Sendable {
  package let number: UInt32
  package let code: StatusCode
  package let message: Label
  /// The fields, as a record of the error's name.
  package let record: RecordDeclaration
  package var name: String { record.name }

  /// The name under which a field says in Chinese what another one, without this ending, says in English. Where it is empty,
  /// the other stands in the Chinese text: a daemon that did not know the field yet sent it.
  package static let chineseEnding = "_chinese"

  /// The fields that have such a twin.
  package var twoLanguages: [Field] {
    record.fields.filter { field in record.fields.contains { $0.name == field.name + Self.chineseEnding } }
  }
}

/// gRPC's status codes, which operators and bridges know.
package enum StatusCode: UInt32, Sendable, CaseIterable {
  case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
  case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
  case unauthenticated

  package var idlName: String { "\(self)".snakeCased }
}

package struct ServiceDeclaration: Sendable {
  package let heading: Heading
  package let number: UInt32
  package internal(set) var methods: [MethodDeclaration]
  package var name: String { heading.name }
}

package struct MethodDeclaration: Sendable {
  /// A query reads a snapshot and cannot write; a command is durable before its reply and applied at most once.
  package enum Kind: String, Sendable { case query, command }

  package let heading: Heading
  package let number: UInt32
  package let kind: Kind
  package let request: String
  package let response: String
  /// Many requests come, each a command of its own.
  package let takesStream: Bool
  /// Many messages answer.
  package let isStreaming: Bool
  /// Names of errors, in order of precedence.
  package let errors: [String]
  /// Names of values of `Role`; empty: any role.
  package let roles: [String]
  package let scope: Scope?
  package let isPaginated: Bool
  /// Works on the daemon's folder instead of a snapshot, for as long as it takes.
  package let isDetached: Bool
  /// The longest that the server works on a call, in seconds.
  package let deadlineSeconds: Int64
  package var name: String { heading.name }
}

/// Where the grid stands in whose subtree a caller needs power.
package struct Scope: Sendable, Equatable {
  /// A field of the request: the grid itself, or the key of a record that has it.
  package let field: String
  package struct Path: Sendable, Equatable {
    package let table: String
    /// A unique index; absent: the primary key.
    package let index: String?
    package let field: String
  }
  package let path: Path?
}

package struct TableDeclaration: Sendable {
  package let heading: Heading
  package let number: UInt32
  package let record: String
  package let key: [KeyPart]
  package let indexes: [IndexDeclaration]
  package let aggregates: [AggregateDeclaration]
  package var name: String { heading.name }
}

/// A component of a key: what a field holds, or what follows from it.
package struct KeyPart: Sendable, Equatable {
  package let field: String
  /// `nil`: the field's value itself.
  package let form: Form?

  /// The words of the language. A change of what one of them yields needs another word: files know by it that an index
  /// must be made anew.
  package enum Form: String, Sendable, CaseIterable {
    /// The grids from the county down to the one in the field.
    case subtree
    /// The elements of the list.
    case each
    /// The neighbouring characters of the text, so that it is found by any part of it.
    case pairs
    /// Whether the optional field is there, or the number is not 0.
    case has

    /// Whether several things follow from one field, for each of which an entry stands.
    package var isMany: Bool { self != .has }
  }

  /// As the IDL writes it.
  package func text(of field: String) -> String { form.map { "\($0.rawValue)(\(field))" } ?? field }
}

package struct IndexDeclaration: Sendable {
  package let heading: Heading
  package let number: UInt32
  package let isUnique: Bool
  /// A record whose optional component is absent has no entry.
  package let parts: [KeyPart]
  package var name: String { heading.name }
}

/// How many records have the same values in these components.
package struct AggregateDeclaration: Sendable {
  package let heading: Heading
  package let number: UInt32
  package let parts: [KeyPart]
  package var name: String { heading.name }
}
