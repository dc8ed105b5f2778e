import API
package import Records

extension QueryServices: TokenService {
  package func list(
    _ request: ListTokens, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<TokenPage>
  ) throws(Refusal) {
    let limit = Self.limit(request.limit)
    let range = request.after.map { KeyRange.all.after(TokensTable.Key(id: $0).encoded) } ?? .all
    let keys = try snapshot.keys(TokensTable.self, in: range, descending: false, limit: limit + 1)
    var page = TokenPage()
    for key in keys.prefix(limit) {
      if let token = try snapshot.record(TokensTable.self, key) { page.tokens.append(token) }
    }
    if keys.count > limit { page.next = keys[limit - 1].id }
    reply.send(page)
  }
}
