import Schema
import Testing

/// The reference for people.
@Suite struct ReferenceTests {
  private let schema = OurIDL.safegrid

  @Test func `every link leads somewhere, and every place is there once`() {
    let page = Reference(schema).html
    let links = page.matches(of: #/href="#([^"]*)"/#).map { String($0.output.1) }
    let places = page.matches(of: #/id="([^"]*)"/#).map { String($0.output.1) }
    #expect(Set(places).count == places.count)
    #expect(Set(links).subtracting(places) == [])
    let markdown = Reference(schema).markdown
    #expect(Set(markdown.matches(of: #/\]\(#([^)]*)\)/#).map { String($0.output.1) }) == Set(links))
    #expect(markdown.matches(of: #/<a id="([^"]*)">/#).map { String($0.output.1) } == places)
  }

  @Test func `everything that is declared is named`() {
    let page = Reference(schema).html
    for service in schema.services {
      for method in service.methods {
        #expect(page.contains("<h3 id=\"service-\(service.name.lowercased())-\(method.name)\">"))
        #expect(page.contains("\(service.number << 8 | method.number) on the wire"))
      }
    }
    let records = schema.records + schema.errors.map(\.record)
    for record in records {
      #expect(page.contains("<h3 id=\"\(record.name.lowercased())\">\(record.name)</h3>"))
      for field in record.fields {
        #expect(page.contains("<td>\(field.number)</td><td><code>\(field.name)</code></td>"))
      }
    }
    for value in schema.enums.flatMap(\.values) { #expect(page.contains("<td>\(value.label.chinese)</td>")) }
    for table in schema.tables { #expect(page.contains("<h3 id=\"table-\(table.name)\">")) }
  }

  private static let workflow: WorkflowTable = {
    func term(_ name: String, _ chinese: String = "") -> WorkflowTable.Term {
      WorkflowTable.Term(name: name, english: name.uppercased(), chinese: chinese)
    }
    func row(_ event: String, from: [String], to next: String?) -> WorkflowTable.Row {
      WorkflowTable.Row(
        event: term(event), from: from, next: next, who: term("holder"), roles: ["administrator"],
        guards: [term("general"), term("has_reason")], deadline: term("accept"), effects: [])
    }
    return WorkflowTable(
      title: term("loop", "闭环"), states: [term("open", "开"), term("held", "<挂>"), term("closed", "结")],
      rows: [
        row("begin", from: [], to: "open"), row("hold", from: ["open"], to: "held"),
        row("wake", from: ["held"], to: "open"), row("close", from: ["open", "held"], to: "closed"),
        row("end", from: ["open"], to: "closed"), row("look", from: ["open"], to: nil),
      ])
  }()

  @Test func `workflows are drawn, and stand as tables`() {
    let markdown = Reference(schema, workflows: [Self.workflow]).markdown
    let drawing = """
      ```mermaid
      stateDiagram-v2
        state "OPEN 开" as open
        state "HELD <挂>" as held
        state "CLOSED 结" as closed
        [*] --> open: begin
        open --> held: hold
        held --> open: wake
        open --> closed: close, end
        held --> closed: close
        closed --> [*]
      ```
      """
    #expect(markdown.contains(drawing))
    #expect(
      markdown.contains("| `look` | `open` | as it is | HOLDER | `administrator` | GENERAL, HAS\\_REASON | ACCEPT |  |")
    )
    let page = Reference(schema, workflows: [Self.workflow]).html
    #expect(page.contains("HELD</text>") && page.contains("&lt;挂&gt;</text>"))
    #expect(page.matches(of: #/<rect /#).count == 3)
    #expect(page.matches(of: #/<title>[^<]* → [a-z]+: [^<]*<\/title>/#).count == 5)
    #expect(page.matches(of: #/<svg /#).count == page.matches(of: #/<\/svg>/#).count)
    // A column for each step: open, held and closed are one, two and two steps away.
    #expect(page.contains("x=\"30\"") && page.contains("x=\"220\"") && !page.contains("x=\"410\""))
  }

  @Test func `who may call what is drawn`() {
    let page = Reference(schema).markdown
    #expect(page.contains("### Who may call Token\n\n|  | administrator | auditor |\n"))
    #expect(page.contains("| [create](#service-token-create) | ● |  |\n| [list](#service-token-list) | ● | ● |"))
  }

  @Test func `tags are balanced, and markup in texts is shown`() throws {
    let text = """
      edition 1;
      package p;
      /// A <b> & `x|y` in "quotes".
      record A {
        1: a u32;
      }
      """
    let schema = try Schema(files: [("a.idl", text)])
    let page = Reference(schema).html
    for tag in ["html", "head", "body", "table", "tr", "td", "p", "code", "h1", "h2", "h3"] {
      #expect(
        page.matches(of: try Regex("<\(tag)[ >]")).count == page.matches(of: try Regex("</\(tag)>")).count, "\(tag)")
    }
    #expect(page.contains("A &lt;b&gt; &amp; <code>x|y</code> in &quot;quotes&quot;."))
    #expect(Reference(schema).markdown.contains(#"A \<b\> & `x\|y` in "quotes"."#))
  }
}
