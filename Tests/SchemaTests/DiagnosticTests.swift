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
    ("record A { 1: a [u32]?; }", "a.idl:3:22: error: a list is never optional: it can be empty; remove the ?"),
    (
      "thing A { }",
      "a.idl:3:1: error: \"thing\" begins no declaration; expected record, union, enum, error, service or table"
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
      "a.idl:3:29: error: @length belongs to text, bytes, lists and maps; remove it, or bound the number with @min and @max"
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
      "a.idl:3:13: error: @shiny: is no trait of a field; known are length, each, keys, min, max, pattern, sensitive, "
        + "shown_to, partly_shown_to, example, since, deprecated and renamed"
    ),
    (
      "record A { @length(0..5) @shown_to(a) 1: a text; }",
      "a.idl:3:27: error: @shown_to: everybody is shown what is not @sensitive; add that, or remove this"
    ),
    (
      "record A { @length(0..5) @sensitive @shown_to(a) @partly_shown_to(b, a) 1: a text; }",
      "a.idl:3:51: error: @partly_shown_to: a is shown all of it already; remove it from one of the two"
    ),
    (
      "enum Role { 1: a \"A\" \"甲\"; } record A { @sensitive @partly_shown_to(a) 1: a u32; }",
      "a.idl:3:74: error: only a single text is shown in part; take @partly_shown_to from a"
    ),
    (
      "enum Role { 1: a \"A\" \"甲\"; } record A { @sensitive @shown_to(office) 1: a u32; }",
      "a.idl:3:72: error: \"office\" is no value of the enum Role; add it there"
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
      "a.idl:3:41: error: @each belongs to lists and maps of text or bytes; @length limits a single one and the count"
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
    (
      "@kept record A { }",
      "a.idl:3:2: error: @kept: is no trait of a record; known are stored, since, deprecated and renamed"
    ),
    // Unions and maps.
    ("union A { }", "a.idl:3:7: error: a union needs an arm; write one such as 1: name text;"),
    ("union A { 1: a u32?; }", "a.idl:3:14: error: an arm is one value; put more into a record of its own"),
    (
      "union A { @length(0..1) 1: a [u32]; }",
      "a.idl:3:28: error: an arm is one value; put more into a record of its own"
    ),
    ("union A { 1: unset u32; }", "a.idl:3:14: error: the generated code has a unset of its own; choose another name"),
    ("union A { 1: a A; }", "a.idl:3:7: error: record A contains itself through A.a; hold the other's key there"),
    (
      "record A { @length(0..1) 1: a [bool: u32]; }",
      "a.idl:3:32: error: bool is no key of a map; use i32, i64, u32, u64, text, GridCode, USCC, HazardNumber, Date"
    ),
    ("record A { 1: a [u32: u32]; }", "a.idl:3:15: error: a needs @length(least..most): everything has a limit"),
    ("record A { 1: a [u32: u32]?; }", "a.idl:3:27: error: a map is never optional: it can be empty; remove the ?"),
    (
      "record A { @length(0..1) 1: a [text: u32]; }",
      "a.idl:3:29: error: a needs @keys(least..most) for its keys: everything has a limit"
    ),
    (
      "record A { @length(0..1) @keys(0..1) 1: a [u32: u32]; }",
      "a.idl:3:41: error: @keys belongs to maps by text; remove it"
    ),
    (
      "record A { @length(0..1) 1: a [u32: text]; }",
      "a.idl:3:29: error: a needs @each(least..most) for its elements: everything has a limit"
    ),
    (
      "record A { @length(0..1) 1: a [u32: u32]; } table t 1 of A { key (a); }",
      "a.idl:3:51: error: a map cannot stand in a key: remove a"
    ),
    (
      "record A { @length(0..1) @example(1) 1: a [u32: u32]; }",
      "a.idl:3:35: error: @example: a map has none; remove it"
    ),
    // Life.
    ("record A { @since(\"v1\") 1: a u32; }", "a.idl:3:13: error: @since: takes a version such as \"1.2\""),
    (
      "record A { @deprecated(\"\") 1: a u32; }",
      "a.idl:3:13: error: @deprecated: says nothing; write what takes its place, or why nothing does"
    ),
    ("@deprecated enum A { 1: a \"A\" \"甲\"; }", "a.idl:3:2: error: @deprecated: takes one string"),
    (
      "record A { @renamed(b) 1: a u32; 2: b u32; }",
      "a.idl:3:27: error: @renamed: b leads to b already; take it out of one of them"
    ),
    (
      "record A { @renamed(c_d) 1: a u32; @renamed(cD) 2: b u32; }",
      "a.idl:3:52: error: @renamed: cD leads to a already; take it out of one of them"
    ),
    ("@renamed() record A { }", "a.idl:3:2: error: @renamed: takes former names, separated by commas"),
    (
      "record A { 1: a u32; } @renamed(s) table t 1 of A { key (a); }",
      "a.idl:3:42: error: @renamed: nobody but the daemon names a table; remove it"
    ),
    // Examples.
    ("record A { @example 1: a u32; }", "a.idl:3:13: error: @example: takes values, separated by commas"),
    ("record A { @example(\"1\") 1: a u32; }", "a.idl:3:21: error: @example: write a number"),
    ("record A { @example(yes) 1: a bool; }", "a.idl:3:21: error: @example: write true or false"),
    ("record A { @example(1, 2) 1: a u32; }", "a.idl:3:24: error: @example: a is no list; name one value"),
    (
      "record A { @example(1) @max(0) 1: a u32; }",
      "a.idl:3:21: error: @example: the value lies outside of what the field takes; change one of the two"
    ),
    (
      "record A { @example(4294967296) 1: a u32; }",
      "a.idl:3:21: error: @example: the value lies outside of what the field takes; change one of the two"
    ),
    (
      "record A { @example(\"x\") @min(0) @max(1) 1: a f64; }",
      "a.idl:3:21: error: @example: \"x\" is no number; write one such as \"113.8\""
    ),
    (
      "record A { @example(\"ab\") @length(0..1) 1: a text; }",
      "a.idl:3:21: error: @example: the value lies outside of what the field takes; change one of the two"
    ),
    (
      "record A { @example(\"b\") @length(0..1) @pattern(\"a?\") 1: a text; }",
      "a.idl:3:21: error: @example: the value lies outside of what the field takes; change one of the two"
    ),
    (
      "record A { @example(\"AAA\") @length(2..2) 1: a bytes; }",
      "a.idl:3:21: error: @example: \"AAA\" is not base64; write bytes so"
    ),
    (
      "record A { @example(\"AAAA\") @length(2..2) 1: a bytes; }",
      "a.idl:3:21: error: @example: the value lies outside of what the field takes; change one of the two"
    ),
    (
      "record A { @example(\"2026-02-30\") 1: a Date; }",
      "a.idl:3:21: error: @example: \"2026-02-30\" is not a date such as 2026-03-02; write a Date"
    ),
    (
      "record A { @example(redd) 1: a Red; } enum Red { 1: red \"Red\" \"红\"; }",
      "a.idl:3:21: error: @example: Red has no value redd; name one; did you mean red?"
    ),
    (
      "record A { @example(1) 1: a B; } record B { }",
      "a.idl:3:21: error: @example: the example of a B is made of those of its fields; write them there"
    ),
    (
      "record A { @example(1, 2) @length(0..1) 1: a [u32]; }",
      "a.idl:3:21: error: @example: a takes 0 to 1 elements; name as many"
    ),
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
      "a.idl:3:42: error: a command answers each request once; let its requests stream as well, or make it a query"
    ),
    (
      "record A { } service S 1 { @role(anyone) query 1: a(stream A) -> A; }",
      "a.idl:3:42: error: a query runs on one snapshot, which cannot wait for requests; take one request, or make it a "
        + "command"
    ),
    (
      "record A { 1: request_key u64; } service S 1 { @role(anyone) command 1: a(stream A) -> A; }",
      "a.idl:3:73: error: each request of a is a command of its own, which needs a key; write @length(16..16) "
        + "1: request_key bytes; in A"
    ),
    (
      "record A { @length(16..16) 1: request_key bytes; } "
        + "service S 1 { @role(anyone) @scope(request_key) command 1: a(stream A) -> A; }",
      "a.idl:3:111: error: @scope: the requests of a stream, and each is authorised as the command that it stands for; "
        + "remove it"
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
      "record A { @length(0..5) @sensitive 1: a text; } record B { 1: b A?; } service S 1 { @role(anyone) command 1: c(B) -> B; }",
      "a.idl:3:111: error: B has @sensitive fields, which are masked in the reply of a unary query only; answer with less"
    ),
    (
      "record A { @length(0..5) @sensitive 1: a text; } service S 1 { @role(anyone) query 1: c(A) -> stream A; }",
      "a.idl:3:87: error: A has @sensitive fields, which are masked in the reply of a unary query only; answer with less"
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
      "record A { 1: a u32; 2: b u32; } table t 1 of A { key (a); index 1: i (each(b)); }",
      "a.idl:3:69: error: each(…) takes a list of an index or aggregate; write b alone"
    ),
    (
      "record A { 1: a u32; 2: b u32; } table t 1 of A { key (a); index 1: i (pairs(b)); }",
      "a.idl:3:69: error: pairs(…) takes a text of an index or aggregate; write b alone"
    ),
    (
      "record A { 1: a u32; @length(0..9) 2: b text; } table t 1 of A { key (a); index 1: i (has(b)); }",
      "a.idl:3:84: error: has(…) takes an optional field or a whole number of an index or aggregate; write b alone"
    ),
    (
      "record A { 1: a u32; @length(0..9) 2: b [u32]; } table t 1 of A { key (a); index 1: i (b); }",
      "a.idl:3:85: error: a list cannot stand in a key: write each(b)"
    ),
    (
      "record A { 1: a u32; @length(0..9) 2: b [u32]; @length(0..9) 3: c text; } table t 1 of A { key (a); index 1: i (each(b), pairs(c)); }",
      "a.idl:3:110: error: one component of a key at most stands for several entries; remove one of subtree(…), each(…), pairs(…)"
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
