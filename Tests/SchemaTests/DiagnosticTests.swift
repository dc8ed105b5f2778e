import Schema
import Testing

/// Every fault that the compiler knows, made by the least text that has it: message and place.
@Suite struct DiagnosticTests {
  private func faults(_ text: String) -> [String] {
    do throws(SchemaFaults) {
      _ = try Schema(files: [("a.idl", text)])
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }

  /// Declarations behind the preamble begin in line 3.
  private func fault(of declarations: String) -> [String] { faults("edition 1;\npackage p;\n\(declarations)") }

  @Test(arguments: [
    // Lexer and grammar.
    ("record A { 1: a u32 $ }", "a.idl:3:21: error: \"$\" has no meaning here; remove it"),
    ("record A { 1: a text \"x }", "a.idl:3:22: error: the string does not end on its line; close it with \""),
    (
      "record A { 1: a u32; 1: b u32; }",
      "a.idl:3:25: error: field number 1 belongs to a already; numbers are for ever: take 2"
    ),
    (
      "record A { 1: a u32; 2: a u32; }",
      "a.idl:3:25: error: field a stands already in line 3 of a.idl; rename one of the two"
    ),
    ("record A { 0: a u32; }", "a.idl:3:12: error: a field number lies between 1 and 536870911, not at 0"),
    ("record A { 1 a u32; }", "a.idl:3:14: error: expected \":\", found \"a\""),
    (
      "record A { 1: a Foo; }",
      "a.idl:3:17: error: there is no type Foo; use bool, i32, i64, u32, u64, f64, text, bytes, "
        + "GridCode, USCC, HazardNumber, Instant, Date, Fen, Term, or a record or enum of this package"
    ),
    ("record a { }", "a.idl:3:8: error: the record's name begins with a capital letter and has no underscore: a"),
    ("record A { 1: dueAt u32; }", "a.idl:3:15: error: the field's name is written in lower_snake_case: dueAt"),
    ("record A { 1: a [u32]?; }", "a.idl:3:23: error: a list is never optional: it can be empty; remove the ?"),
    (
      "thing A { }", "a.idl:3:1: error: \"thing\" begins no declaration; expected record, enum, error, service or table"
    ),
    ("record A { 1: a u32;", "a.idl:3:21: error: expected }, found the end of the file"),
    (
      "error E 1 not_found \"x\" \"y\" { } record A { 1: e E; }",
      "a.idl:3:47: error: E is an error, not a record; declare a record"
    ),
    (
      "error E 1 not_found \"x\" \"y\" { } table t 1 of E { key (a); }",
      "a.idl:3:39: error: E is an error, not a record; declare a record"
    ),
    (
      "record A { @length(0..99999999999) 1: a text; }",
      "a.idl:3:39: error: @length: more than 16777216 fits into no message; lower it"
    ),
    (
      "record A { @length(0..9) @max(3) 1: a [u32]; }",
      "a.idl:3:37: error: @min and @max belong to single numbers; remove them"
    ),
    (
      "record A { 1: a f64; }",
      "a.idl:3:15: error: an f64 stands alone and needs @min and @max: they keep out what is no number"
    ),
    (
      "record A { 1: a_1 u32; 2: a1 u32; }",
      "a.idl:3:27: error: a1 and a_1 are one name in the generated code; rename one"
    ),
    (
      "record A { 1: writer u32; }",
      "a.idl:3:15: error: the generated code has a writer of its own; choose another name"
    ),
    (
      "enum A { 1: init \"x\" \"y\"; }",
      "a.idl:3:13: error: the generated code has a init of its own; choose another name"
    ),
    (
      "record A { 1: a u32; } table t 1 of A { key (a, a); }",
      "a.idl:3:30: error: a field stands twice in the key; remove one"
    ),
    ("record A { } record A { }", "a.idl:3:21: error: type A stands already in line 3 of a.idl; rename one of the two"),
    (
      "record A { 1: b B; }\nrecord B { 1: a A; }",
      "a.idl:3:8: error: record A contains itself through B.a; hold the other's key there"
    ),
    // Limits.
    ("record A { 1: a text; }", "a.idl:3:15: error: a needs @length(least..most): everything has a limit"),
    (
      "record A { @length(0..5) 1: a u32; }",
      "a.idl:3:29: error: @length belongs to text, bytes and lists; remove it, or bound the number with @min and @max"
    ),
    ("record A { @length(5..1) 1: a text; }", "a.idl:3:13: error: @length: takes a range such as 1..200"),
    ("record A { @min(1) 1: a Date; }", "a.idl:3:23: error: @min and @max belong to single numbers; remove them"),
    ("record A { @min(5) @max(4) 1: a u32; }", "a.idl:3:31: error: @min is greater than @max; exchange them"),
    (
      "record A { @pattern(\"a*a\") @length(0..5) 1: a text; }",
      "a.idl:3:13: error: @pattern: a repeated class and one that may follow it share a character: a match would go back"
    ),
    (
      "record A { @pattern(\"(a)\") @length(0..5) 1: a text; }",
      "a.idl:3:13: error: @pattern: \"(\" is not allowed; write characters or [classes] with ?, * or +"
    ),
    (
      "record A { @shiny 1: a u32; }",
      "a.idl:3:13: error: @shiny: is no trait of a field; known are length, each, min, max, pattern and sensitive"
    ),
    (
      "record A { @length(0..5) @length(0..6) 1: a text; }",
      "a.idl:3:27: error: @length: stands here already; remove one of the two"
    ),
    ("record A { 1: a [u32]; }", "a.idl:3:15: error: a needs @length(least..most): everything has a limit"),
    (
      "record A { @length(0..5) 1: a [text]; }",
      "a.idl:3:29: error: a needs @each(least..most) for its elements: everything has a limit"
    ),
    (
      "record A { @length(0..5) @each(0..5) 1: a [u32]; }",
      "a.idl:3:41: error: @each belongs to lists of text or bytes; @length limits a single one and the count"
    ),
    (
      "record A { @length(0..1) @pattern(\"[0-9][0-9]\") 1: a text; }",
      "a.idl:3:52: error: no text has the length 0..1 and the form [0-9][0-9]; change one of them"
    ),
    ("record A { @min(-1) 1: a u32; }", "a.idl:3:24: error: -1 is no u32; choose a bound inside the type"),
    (
      "record Food { } record A { 1: a Foo; }",
      "a.idl:3:33: error: there is no type Foo; use bool, i32, i64, u32, u64, f64, text, bytes, GridCode, USCC, "
        + "HazardNumber, Instant, Date, Fen, Term, or a record or enum of this package; did you mean Food?"
    ),
    ("@stored enum A { }", "a.idl:3:2: error: @stored: has no meaning here; remove it"),
    ("@kept record A { }", "a.idl:3:2: error: @kept: is no trait of a record; known is stored"),
    // Enums and errors.
    (
      "enum A { 1: a \"A\" \"甲\"; 1: b \"B\" \"乙\"; }",
      "a.idl:3:27: error: value number 1 belongs to a already; numbers are for ever: take 2"
    ),
    (
      "enum A { 1: unspecified \"A\" \"甲\"; }",
      "a.idl:3:13: error: unspecified is what 0 means in every enum; choose another name"
    ),
    ("enum A { 1: a \"A\"; }", "a.idl:3:18: error: expected the Chinese label in quotes, found \";\""),
    ("enum A { 70000: a \"A\" \"甲\"; }", "a.idl:3:10: error: a value's number lies between 1 and 65535, not at 70000"),
    ("enum A { }", "a.idl:3:6: error: an enum needs a value; write one such as 1: name \"English\" \"中文\";"),
    ("error A 1 aborted \"{b}\" \"{b}\" { }", "a.idl:3:7: error: the message names {b}, which is no field of A"),
    (
      "error A 1 teapot \"a\" \"b\" { }",
      "a.idl:3:11: error: \"teapot\" is no status code; use cancelled, unknown, "
        + "invalid_argument, deadline_exceeded, not_found, already_exists, permission_denied, resource_exhausted, "
        + "failed_precondition, aborted, out_of_range, unimplemented, internal, unavailable, data_loss, unauthenticated"
    ),
    // Services.
    (
      "record A { } service S 1 { query 1: a(A) -> A; }",
      "a.idl:3:37: error: method a names no @role; write @role(anyone) to open it"
    ),
    (
      "record A { } service S 1 { @role(king) query 1: a(A) -> A; }",
      "a.idl:3:49: error: \"king\" is no value of the enum Role; add it there"
    ),
    (
      "record A { } service S 1 { @role(anyone) command 1: a(A) -> stream A; }",
      "a.idl:3:42: error: a command cannot stream; answer once, or make it a query"
    ),
    (
      "record A { } service S 1 { @role(anyone) query 1: a(A) -> A throws B; }",
      "a.idl:3:51: error: there is no error B; declare it"
    ),
    (
      "record A { } service S 1 { @role(anyone) query 1: a(B) -> A; }",
      "a.idl:3:53: error: there is no record B; declare it; did you mean A?"
    ),
    (
      "record A { 1: a u32; } service S 1 { @role(anyone) @scope(b) query 1: a(A) -> A; }",
      "a.idl:3:71: error: @scope: A has no single field b; name the one that leads to the grid; did you mean a?"
    ),
    (
      "record A { 1: a u32; } service S 1 { @role(anyone) @scope(a) query 1: a(A) -> A; }",
      "a.idl:3:71: error: @scope: A.a is no GridCode; name the table that holds the grid"
    ),
    (
      "record A { 1: a u32; } service S 1 { @role(anyone) @scope(a -> t.g) query 1: a(A) -> A; }",
      "a.idl:3:78: error: @scope: there is no table t; declare it"
    ),
    (
      "record A { } service S 1 { @role(anyone) @paginated @detached query 1: a(A) -> A; }",
      "a.idl:3:28: error: @paginated reads a snapshot and @detached has none; remove one of the two from a"
    ),
    (
      "record A { } error E 1 aborted \"e\" \"乙\" { } service S 1 { @role(anyone) query 1: a(A) -> A throws E, E; }",
      "a.idl:3:81: error: a throws E twice; remove one"
    ),
    (
      "record A { } service S 1 { @role(a, a) query 1: a(A) -> A; }",
      "a.idl:3:29: error: @role: names a twice; remove one"
    ),
    // Tables.
    (
      "record A { 1: a u32?; } table t 1 of A { key (a); }",
      "a.idl:3:31: error: a field of the primary key cannot be optional: remove the ? of a"
    ),
    (
      "record A { 1: a u32; } table t 1 of A { key (b); }",
      "a.idl:3:30: error: A has no field b; declare it; did you mean a?"
    ),
    (
      "record A { @length(0..200) 1: a text; } table t 1 of A { key (a); }",
      "a.idl:3:47: error: a key of t can take 801 bytes; LMDB allows 511: take out a field, or lower its @length"
    ),
    (
      "record A { @length(0..9) 1: a bytes; } table t 1 of A { key (a); }",
      "a.idl:3:46: error: a cannot stand in a key: its type has no order, or no fixed length; choose another field"
    ),
    (
      "record A { 1: a u32; 2: b u32; } table t 1 of A { key (a); index 1: i (subtree(b)); }",
      "a.idl:3:69: error: subtree(…) takes one GridCode of an index or aggregate; write b alone"
    ),
    (
      "record A { 1: a u32; } table t 1 of A { key (a); index 1: i (a); index 1: j (a); }",
      "a.idl:3:75: error: index number 1 belongs to i already; numbers are for ever: take 2"
    ),
    (
      "record A { 1: a u32; } table t 1 of A { key (a); } table u 1 of A { key (a); }",
      "a.idl:3:58: error: table number 1 belongs to t already; numbers are for ever: take 2"
    ),
  ])
  func `a fault is named with its place`(declarations: String, message: String) {
    // A hole in the grammar may bring a second fault behind it.
    #expect(fault(of: declarations).first == message)
  }

  @Test func `the preamble is checked`() {
    #expect(faults("package p;") == ["a.idl:1:1: error: expected \"edition\", found \"package\""])
    #expect(
      faults("edition 2;\npackage p;").first
        == "a.idl:1:10: error: edition 2 is not known; this compiler reads edition 1")
  }

  @Test func `several faults are named in one run, each in its place`() {
    let found = fault(
      of: "record A { 1: a Foo; 2: b Bar; 3: c u32; }\nenum B { 1: x \"X\"; 2: y \"Y\" \"乙\"; }\nrecord C { 1: d Baz; }"
    )
    #expect(found.map { $0.split(separator: ":")[1...2].joined(separator: ":") } == ["3:17", "3:27", "4:18", "5:17"])
  }

  @Test func `names count over all files of a package`() throws {
    let first = "edition 1;\npackage p;\nrecord A { 1: b B; }"
    let second = "edition 1;\npackage p;\nrecord B { 1: n u32; }"
    let schema = try Schema(files: [("a.idl", first), ("b.idl", second)])
    #expect(schema.records.map(\.name) == ["A", "B"])
  }
}
