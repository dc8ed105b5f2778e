/// A table in a file: RFC 4180, UTF-8, with a header line; every row knows its line.
///
/// Our own reader, because the line must be named for every fault, also of rows behind a quoted line break, and
/// because bytes that are no UTF-8 are a fault of their line, not of the file.
struct CSVFile {
  struct Row {
    /// The line on which the row begins, from 1.
    let line: Int
    fileprivate let fields: [String]
    fileprivate let columns: [String: Int]

    /// The field, without blanks around it; empty when the column is not there.
    subscript(_ column: String) -> String {
      guard let index = columns[column] else { return "" }
      return fields[index].trimmed
    }

    /// What the field holds between semicolons, the Chinese one included.
    func list(_ column: String) -> [String] {
      self[column].split(whereSeparator: { $0 == ";" || $0 == "；" }).map { String($0).trimmed }.filter { !$0.isEmpty }
    }
  }

  let rows: [Row]
  /// Lines that are no rows of this table.
  let faults: [LineFault]

  /// - Parameters:
  ///   - required: columns that must be there.
  ///   - optional: columns that may be there; any other is a fault.
  init(path: String, required: [String], optional: [String] = []) throws {
    try self.init(bytes: try InputFile.read(path), name: path, required: required, optional: optional)
  }

  init(bytes: [UInt8], name: String, required: [String], optional: [String] = []) throws {
    try TextEncoding.check(bytes, name: name)
    var reader = RecordReader(bytes)
    guard let header = reader.next(), let names = header.fields else {
      throw InputFault(localized("\(name) is empty or no text", "\(name)为空或不是文本"))
    }
    let columnNames = names.map(\.trimmed)
    for column in required where !columnNames.contains(column) {
      throw InputFault(
        localized(
          "\(name): line 1: the column \"\(column)\" is missing; needed are \(required.joined(separator: ", "))",
          "\(name)：第1行：缺少列“\(column)”；需要\(required.joined(separator: "、"))"))
    }
    for column in columnNames where !(required + optional).contains(column) {
      throw InputFault(
        localized(
          "\(name): line 1: the column \"\(column)\" is not known; known are \((required + optional).joined(separator: ", "))",
          "\(name)：第1行：列“\(column)”未知；可用的列为\((required + optional).joined(separator: "、"))")
      )
    }
    guard Set(columnNames).count == columnNames.count else {
      throw InputFault(localized("\(name): line 1: a column stands twice", "\(name)：第1行：有重复的列"))
    }
    let columns = Dictionary(uniqueKeysWithValues: columnNames.enumerated().map { ($0.element, $0.offset) })
    var rows: [Row] = []
    var faults: [LineFault] = []
    while let record = reader.next() {
      guard let fields = record.fields else {
        faults.append(LineFault(line: record.line, reason: record.fault))
        continue
      }
      if fields == [""] { continue }
      guard fields.count == columnNames.count else {
        faults.append(
          LineFault(
            line: record.line,
            reason: localized(
              "\(fields.count) fields instead of \(columnNames.count)", "有\(fields.count)个字段，应为\(columnNames.count)个")))
        continue
      }
      rows.append(Row(line: record.line, fields: fields, columns: columns))
    }
    self.rows = rows
    self.faults = faults
  }
}

/// What is wrong with one line of a file.
struct LineFault {
  let line: Int
  let reason: String
}

extension String {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

/// Cuts bytes into records and fields.
private struct RecordReader {
  struct Record {
    let line: Int
    /// Absent when the record is faulty.
    var fields: [String]?
    var fault = ""
  }

  private let bytes: [UInt8]
  private var index: Int
  private var line = 1

  /// A field longer than this, or over more lines, is a quote that was never closed.
  private static let fieldBytesMax = 64 << 10
  private static let fieldLinesMax = 100

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark is no part of the first field.
    index = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
  }

  mutating func next() -> Record? {
    guard index < bytes.count else { return nil }
    let start = line
    var fields: [String] = []
    var fault = ""
    var isAtEnd = false
    while !isAtEnd {
      var field: [UInt8] = []
      if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
        let opening = (index, line)
        guard takeQuoted(into: &field) else {
          // Where it should have ended nobody knows: the lines behind this one are read for themselves.
          (index, line) = opening
          while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
          takeLineEnd()
          return Record(
            line: start, fields: nil,
            fault: localized(
              "the quoted field that begins on line \(opening.1) does not end", "始于第\(opening.1)行的引号字段没有结束"))
        }
      } else {
        while index < bytes.count, !isSeparator(bytes[index]) {
          field.append(bytes[index])
          index += 1
        }
      }
      if let text = String(validating: field, as: UTF8.self) {
        fields.append(text)
      } else {
        fault = localized("it is not UTF-8", "不是UTF-8编码")
      }
      if index < bytes.count, bytes[index] == UInt8(ascii: ",") { index += 1 } else { isAtEnd = true }
    }
    takeLineEnd()
    return fault.isEmpty ? Record(line: start, fields: fields) : Record(line: start, fields: nil, fault: fault)
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  /// Takes a quoted field; answers whether it ended, with a comma or a line end behind it.
  private mutating func takeQuoted(into field: inout [UInt8]) -> Bool {
    let firstLine = line
    index += 1
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
          return index == bytes.count || isSeparator(bytes[index])
        }
        index += 1
      } else if byte == UInt8(ascii: "\n") {
        line += 1
      }
      field.append(byte)
      if field.count > Self.fieldBytesMax || line - firstLine > Self.fieldLinesMax { return false }
    }
    return false
  }

  private mutating func takeLineEnd() {
    if index < bytes.count, bytes[index] == UInt8(ascii: "\r") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: "\n") { index += 1 }
    line += 1
  }
}
