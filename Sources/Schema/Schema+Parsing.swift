extension Schema {
  /// Reads and checks the files of one package together.
  ///
  /// - Parameter files: names as they shall stand in messages, and texts.
  /// - Throws: every fault that was found.
  package init(files: [(name: String, text: String)]) throws(SchemaFaults) {
    self.init()
    var faults: [Diagnostic] = []
    let lexed = files.map { file in
      var lexer = Lexer(file: file.name, text: file.text)
      return lexer.tokens(faults: &faults)
    }
    let names = lexed.flatMap(Parser.typeNames)
    let types = Dictionary(names.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    for tokens in lexed {
      var parser = Parser(tokens: tokens, types: types)
      parser.parse(into: &self)
      faults += parser.faults
    }
    // Faults of grammar leave holes that would only bring more faults here.
    if faults.isEmpty {
      var checker = Checker(self)
      checker.check()
      faults += checker.faults
    }
    guard faults.isEmpty else {
      throw SchemaFaults(
        diagnostics: faults.sorted {
          ($0.location.file, $0.location.line, $0.location.column)
            < ($1.location.file, $1.location.line, $1.location.column)
        })
    }
  }
}
