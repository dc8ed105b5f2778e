/// One thing that lint looks for.
package struct LintRule: Sendable {
  struct Found {
    let heading: Heading
    let message: String
  }

  package let id: String
  /// What it demands.
  package let summary: String
  package let reason: String
  /// IDL that breaks the rule, and how it is mended.
  package let example: String
  let find: @Sendable (LintFacts) -> [Found]

  static let uselessAllowance = "ALLOWANCE_USELESS"

  /// The whole of it, in the order of the language: types, fields, labels, errors, methods, tables, documentation.
  package static let all: [LintRule] = [
    LintRule(
      id: "TYPE_UNUSED", summary: "every record and enum leads somewhere",
      reason: "No method, table or stored record reaches it, so nobody can send, get or keep one.",
      example: "record Leftover { 1: a u32; }  →  remove it, or name it where it is used"
    ) { facts in
      let types = facts.schema.records.map(\.heading) + facts.schema.enums.map(\.heading)
      return types.filter { !facts.reached.contains($0.name) }.map {
        Found(heading: $0, message: "\($0.name) is used by no method, table or stored record; remove it")
      }
    },
    LintRule(
      id: "FIELD_ORDER", summary: "fields stand in the order of their numbers",
      reason: "So they stand in the bytes, and a free number is seen at once.",
      example: "2: name text;  1: id u64;  →  1 before 2"
    ) { facts in
      (facts.schema.records + facts.schema.errors.map(\.record)).flatMap { record in
        zip(record.fields, record.fields.dropFirst()).filter { $0.number > $1.number }.map {
          Found(
            heading: $1.heading, message: "\($1.name) has number \($1.number), but stands behind \($0.number); move it")
        }
      }
    },
    LintRule(
      id: "FIELD_TYPE_OF_NAME", summary: "a field whose name says what it is has that type",
      reason: "…_at is a moment, …_on a day, …grid a grid: a number or text there escapes its checks.",
      example: "4: due_at u64;  →  4: due_at Instant;"
    ) { facts in
      let types: [(ending: String, type: Scalar)] = [("at", .instant), ("on", .date), ("grid", .gridCode)]
      return facts.fields.flatMap { _, field in
        types.compactMap { ending, type in
          guard field.name == ending || field.name.hasSuffix("_\(ending)"), field.type != .scalar(type) else {
            return nil
          }
          return Found(
            heading: field.heading,
            message:
              "\(field.name) is called like a \(type.rawValue) and is a \(field.type.idlName); rename or retype it")
        }
      }
    },
    LintRule(
      id: "FIELD_UNIT_MISSING", summary: "a number that measures says its unit",
      reason: "Nobody can see whether `timeout u32` counts seconds; seconds, milliseconds and bytes are mixed up.",
      example: "2: timeout u32;  →  2: timeout_ms u32;"
    ) { facts in
      let measures: Set = ["timeout", "delay", "duration", "interval", "latency", "pause", "size", "age", "uptime"]
      return facts.fields.compactMap { _, field in
        guard case .scalar(let scalar) = field.type, scalar.isNumber,
          let word = field.name.split(separator: "_").last, measures.contains(String(word))
        else { return nil }
        return Found(heading: field.heading, message: "\(field.name) says no unit; add one, such as \(field.name)_ms")
      }
    },
    LintRule(
      id: "FIELD_PERSONAL", summary: "personal data are marked @sensitive",
      reason: "What is not marked cannot be masked.",
      example: "5: phone text?;  →  @sensitive 5: phone text?;"
    ) { facts in
      let personal: Set = ["phone", "mobile", "email", "birthday", "passport", "identity"]
      return facts.fields.compactMap { _, field in
        let words = Set(field.name.split(separator: "_").map(String.init))
        guard !words.isDisjoint(with: personal), !field.limits.isSensitive else { return nil }
        return Found(heading: field.heading, message: "\(field.name) is about a person; mark it @sensitive")
      }
    },
    LintRule(
      id: "DEPRECATED_REQUIRED", summary: "nothing that must be said is deprecated",
      reason: "Nobody could follow the advice not to use it.",
      example: "@deprecated(\"use class\") 5: domain SafetyDomain;  →  5: domain SafetyDomain?;"
    ) { facts in
      facts.fields.filter { $0.field.heading.isDeprecated && $0.field.isRequired }.map {
        Found(
          heading: $0.field.heading,
          message: "\($0.field.name) is deprecated, and refused when missing; make it optional")
      }
    },
    LintRule(
      id: "DEPRECATED_USED", summary: "what is deprecated is used only by what is deprecated",
      reason: "Who follows the advice would meet it again.",
      example: "@deprecated(\"…\") record Point …, 8: point Point?;  →  @deprecated(\"…\") 8: point Point?;"
    ) { facts in
      let uses =
        facts.fields.filter { !$0.record.heading.isDeprecated }.map { ($0.field.heading, [$0.field.type.idlName]) }
        + facts.methods.map { ($0.heading, [$0.request, $0.response] + $0.errors) }
        + facts.schema.tables.map { ($0.heading, [$0.record]) }
      return uses.filter { !$0.0.isDeprecated }.flatMap { heading, names in
        names.filter(facts.deprecatedTypes.contains).map {
          Found(heading: heading, message: "\(heading.name) uses \($0), which is deprecated; deprecate or change it")
        }
      }
    },
    LintRule(
      id: "EXAMPLE_INCOMPLETE", summary: "a record with an example has one for each field that must be there",
      reason: "The reference shows the examples of a record together, as a request that would be refused.",
      example: "@example(\"堵塞\") 9: description text;  →  with examples for grid, class, …"
    ) { facts in
      (facts.schema.records + facts.schema.errors.map(\.record)).compactMap { record in
        facts.schema.fieldWithoutExample(in: record).map { field in
          Found(heading: field.heading, message: "\(record.name) has an example, but not of \(field.name); add one")
        }
      }
    },
    LintRule(
      id: "PATTERN_UNCLEAR", summary: "a text with a @pattern has an @example",
      reason: "People copy an example; few read patterns.",
      example: "@pattern(\"[A-T][0-9]+\") 9: industry text?;  →  with @example(\"C2671\")"
    ) { facts in
      facts.fields.filter { $0.field.limits.pattern != nil && $0.field.examples.isEmpty }.map {
        Found(heading: $0.field.heading, message: "\($0.field.name) has a form and no example; add @example")
      }
    },
    LintRule(
      id: "LABEL_AMBIGUOUS", summary: "no two values of an enum have the same label",
      reason: "People cannot tell them apart, and JSON may name a value by its Chinese label.",
      example: "1: a \"Fire\" \"火\"; 2: b \"Blaze\" \"火\";  →  another label"
    ) { facts in
      facts.schema.enums.flatMap { enumeration in
        enumeration.values.enumerated().compactMap { index, value in
          enumeration.values[..<index].first {
            $0.label.english == value.label.english || $0.label.chinese == value.label.chinese
          }.map { Found(heading: value.heading, message: "\(value.name) has a label of \($0.name); give it its own") }
        }
      }
    },
    LintRule(
      id: "LABEL_LANGUAGE", summary: "the first text is English, the second Chinese",
      reason: "Exchanged or forgotten translations reach people.",
      example: "1: fire \"消防\" \"Fire\";  →  1: fire \"Fire\" \"消防\";"
    ) { facts in
      facts.labels.compactMap { heading, label in
        // A1, A级 and other names of grades have no translation.
        if label.english.isEmpty || label.english.hasHan {
          return Found(heading: heading, message: "the English text of \(heading.name) is not English; translate it")
        }
        guard label.chinese.hasHan || label.chinese.contains("{") else {
          return Found(heading: heading, message: "the Chinese text of \(heading.name) is not Chinese; translate it")
        }
        return nil
      }
    },
    LintRule(
      id: "ERROR_TEXTS_DIFFER",
      summary: "both texts of an error name the same fields, or the Chinese one their `_chinese` twins",
      reason: "Readers of one language would not be told what the others are.",
      example: "\"There is no grid {code}.\" \"网格不存在。\"  →  \"网格{code}不存在。\""
    ) { facts in
      facts.schema.errors.compactMap { error in
        let english = Set(Checker.placeholders(in: error.message.english))
        let chinese = Set(
          Checker.placeholders(in: error.message.chinese).map { name in
            error.twoLanguages.first { $0.name + ErrorDeclaration.chineseEnding == name }?.name ?? name
          })
        guard let name = english.symmetricDifference(chinese).min() else { return nil }
        return Found(
          heading: error.record.heading, message: "only one text of \(error.name) names {\(name)}; name it in both")
      }
    },
    LintRule(
      id: "ERROR_FIELD_UNSAID", summary: "the text of an error names all its fields",
      reason: "People see the text, not the fields.",
      example: "error E 9 aborted \"Changed.\" \"已变。\" { 1: version u64; }  →  \"Changed to {version}.\""
    ) { facts in
      facts.schema.errors.flatMap { error in
        let named = Set(
          Checker.placeholders(in: error.message.english) + Checker.placeholders(in: error.message.chinese))
        return error.record.fields.filter { !named.contains($0.name) }.map {
          Found(
            heading: $0.heading, message: "the texts of \(error.name) do not name {\($0.name)}; put it in, or remove it"
          )
        }
      }
    },
    LintRule(
      id: "ERROR_UNTHROWN", summary: "every error is one that any method answers, or stands in a throws",
      reason: "Otherwise nobody learns from the IDL when it comes.",
      example: "error NotDone 82 …, in no throws  →  throws NotDone"
    ) { facts in
      let thrown = Set(facts.methods.flatMap(\.errors)).union(LintFacts.general)
      return facts.schema.errors.filter { !thrown.contains($0.name) }.map {
        Found(heading: $0.record.heading, message: "no method throws \($0.name); name it where it comes, or remove it")
      }
    },
    LintRule(
      id: "THROWS_GENERAL", summary: "no throws names an error that any method may answer",
      reason: "It would look as if the others did not.",
      example: "throws InvalidArgument, NotFound  →  throws NotFound"
    ) { facts in
      facts.methods.flatMap { method in
        method.errors.filter(LintFacts.general.contains).map {
          Found(
            heading: method.heading, message: "any method may answer \($0); take it out of the throws of \(method.name)"
          )
        }
      }
    },
    LintRule(
      id: "METHOD_OPEN", summary: "who may call is limited by a role or by a scope",
      reason: "@role(anyone) without @scope lets every account read, and in every grid.",
      example: "@role(anyone) query 1: list(…)  →  @role(anyone) @scope(grid) query 1: list(…)"
    ) { facts in
      facts.methods.filter { $0.roles.isEmpty && $0.scope == nil }.map {
        Found(heading: $0.heading, message: "anyone may call \($0.name) for any grid; add a @scope, or name the roles")
      }
    },
    LintRule(
      id: "SCOPE_ERROR_MISSING", summary: "a method with a scope throws what looking up the scope may answer",
      reason: "A scope through a table answers NotFound, a grid that is not there UnknownGrid.",
      example: "@scope(id -> enterprises.grid) query 3: show(…) -> Enterprise;  →  … throws NotFound"
    ) { facts in
      facts.methods.compactMap { method in
        guard let scope = method.scope else { return nil }
        let needed = scope.path == nil ? "UnknownGrid" : "NotFound"
        guard !method.errors.contains(needed), facts.schema.errors.contains(where: { $0.name == needed }) else {
          return nil
        }
        return Found(
          heading: method.heading, message: "the @scope of \(method.name) may answer \(needed); add it to throws")
      }
    },
    LintRule(
      id: "ROLE_SYSTEM_SHARED", summary: "the role system stands alone",
      reason: "No person can hold it: a method for the daemon and for people mixes two authorities.",
      example: "@role(system, administrator)  →  two methods"
    ) { facts in
      facts.methods.filter { $0.roles.count > 1 && $0.roles.contains("system") }.map {
        Found(heading: $0.heading, message: "\($0.name) is for the daemon and for people; make it two methods")
      }
    },
    LintRule(
      id: "VERSION_UNCHECKED", summary: "a request with expected_version is refused by VersionConflict",
      reason: "Otherwise the version that the caller saw is not what is changed, and nobody is told.",
      example: "command 9: claim(HazardNote) -> HazardReceipt throws NotFound;  →  … throws NotFound, VersionConflict;"
    ) { facts in
      facts.methods.compactMap { method in
        guard facts.request(of: method)?.field("expected_version") != nil, !method.errors.contains("VersionConflict")
        else { return nil }
        return Found(
          heading: method.heading, message: "\(method.name) takes expected_version; add VersionConflict to throws")
      }
    },
    LintRule(
      id: "STREAM_WITHOUT_RESUME", summary: "a stream can go on where it broke",
      reason: "Connections break; the request needs after_sequence, and throws needs HistoryGone.",
      example: "query 9: watch(Empty) -> stream Change;  →  a request with after_sequence u64?, throws HistoryGone"
    ) { facts in
      facts.methods.compactMap { method in
        guard method.kind == .query, method.isStreaming else { return nil }
        let canResume = facts.request(of: method)?.field("after_sequence") != nil
        guard !canResume || !method.errors.contains("HistoryGone") else { return nil }
        return Found(
          heading: method.heading,
          message: "\(method.name) cannot go on after a break; give its request after_sequence, and throw HistoryGone")
      }
    },
    LintRule(
      id: "REPLY_LONG", summary: "a query with a long reply is @paginated or @detached",
      reason: "More than 100 elements keep an event loop busy.",
      example: "query 6: list(…) -> GridPage (1000 grids)  →  @paginated query 6: list(…)"
    ) { facts in
      facts.methods.compactMap { method in
        guard method.kind == .query, !method.isStreaming, !method.isPaginated, !method.isDetached else { return nil }
        let lists = facts.response(of: method)?.fields.filter(\.isMany) ?? []
        guard let long = lists.first(where: { ($0.limits.length?.upperBound ?? 0) > 100 }) else { return nil }
        return Found(
          heading: method.heading, message: "\(method.name) may answer many \(long.name); mark it @paginated")
      }
    },
    LintRule(
      id: "PAGE_INCOMPLETE", summary: "what is read in pages has after, limit and next",
      reason: "Without one of them the rest cannot be asked for, or the client cannot say how much it takes.",
      example: "record ListGrids { 2: after GridCode?; }  →  with 3: limit u32?, and next in the reply"
    ) { facts in
      facts.methods.compactMap { method in
        guard method.isPaginated, let request = facts.request(of: method), let response = facts.response(of: method)
        else { return nil }
        let parts = [
          ("after", request.field("after") != nil), ("limit", request.field("limit") != nil),
          ("next", response.field("next") != nil),
        ]
        guard parts.contains(where: \.1), let missing = parts.first(where: { !$0.1 }) else { return nil }
        return Found(
          heading: method.heading, message: "\(method.name) is read in pages, but \(missing.0) is missing; add it")
      }
    },
    LintRule(
      id: "PAGE_UNLIMITED", summary: "limit has a @max",
      reason: "A page is built in memory: everything has a limit.",
      example: "3: limit u32?;  →  @min(1) @max(1000) 3: limit u32?;"
    ) { facts in
      facts.fields.filter { $0.field.name == "limit" && $0.field.type == .scalar(.u32) && $0.field.limits.max == nil }
        .map { Found(heading: $0.field.heading, message: "a caller may ask for any number; add @max") }
    },
    LintRule(
      id: "DETACHED_WITHOUT_DEADLINE", summary: "a @detached query says how long it may take",
      reason: "It works for as long as it takes; the default of 30 seconds would cut it off.",
      example: "@detached query 7: backup(…)  →  @detached @deadline(3600) query 7: backup(…)"
    ) { facts in
      facts.methods.filter { $0.isDetached && $0.deadlineSeconds == 30 }.map {
        Found(heading: $0.heading, message: "\($0.name) is cut off after 30 seconds; add a @deadline")
      }
    },
    LintRule(
      id: "INDEX_REDUNDANT", summary: "no index repeats the beginning of a longer one, or of the primary key",
      reason: "Every entry costs each write, and the longer key answers the same questions.",
      example: "index 2: by_place (grid); index 3: open (grid, state);  →  without by_place"
    ) { facts in
      facts.schema.tables.flatMap { table in
        table.indexes.filter { index in
          guard !index.isUnique, let record = facts.schema.record(named: table.record) else { return false }
          let others = table.indexes.filter { $0.number != index.number }.map(\.parts) + [table.key]
          return others.contains { parts in
            // A longer index lacks the rows whose further components are absent.
            parts.count > index.parts.count && parts.starts(with: index.parts)
              && parts.dropFirst(index.parts.count).allSatisfy { record.field($0.field)?.isOptional == false }
          }
        }.map {
          Found(heading: $0.heading, message: "index \($0.name) repeats the beginning of a longer key; remove it")
        }
      }
    },
    LintRule(
      id: "DOC_MISSING", summary: "every service and method says what it is for",
      reason: "The reference, and the generated clients, have no other text.",
      example: "query 3: show(…)  →  /// The object by its number."
    ) { facts in
      (facts.schema.services.map(\.heading) + facts.methods.map(\.heading)).filter(\.documentation.isEmpty).map {
        Found(heading: $0, message: "\($0.name) is not explained; write a line with /// before it")
      }
    },
    LintRule(
      id: "DOC_NAME_UNKNOWN", summary: "what a documentation puts in backticks exists",
      reason: "After a renaming the text would lead nowhere.",
      example: "/// See `due_date`.  →  /// See `due_at`."
    ) { facts in
      let names = facts.names
      return facts.schema.headings.flatMap { heading in
        let words = heading.documentation.flatMap(\.quotedWords)
        // Only what looks like a name of the IDL; commands and values of others are left alone.
        return words.filter { word in
          word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && !names.contains(word)
        }.map { Found(heading: heading, message: "`\($0)` is no name of this package\(didYouMean($0, names))") }
      }
    },
    LintRule(
      id: uselessAllowance, summary: "a comment that allows something is needed and gives a reason",
      reason: "What it allowed may have gone, and the next fault would pass unseen.",
      example: "// lint: allow METHOD_OPEN  →  // lint: allow METHOD_OPEN: rows are filtered one by one"
    ) { _ in [] },
  ]
}
