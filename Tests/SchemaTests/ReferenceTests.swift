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
