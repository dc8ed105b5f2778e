internal import Bytes
package import Records
package import Scalars

func createToken(
  _ request: CreateToken, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Token {
  _ = try requirePerson(request.person, in: state)
  let id = Token.identifier(ofHash: request.hash)
  guard try state.record(TokensTable.self, .init(id: id)) == nil else {
    throw .invalid("hash", "there is such a token already; make another secret", "令牌已存在，请重新生成密钥")
  }
  let token = Token(
    id: id, hash: request.hash, person: request.person, note: request.note, createdAt: act.time, createdBy: act.actor,
    expiresAt: act.time.adding(milliseconds: Int64(request.days) * Instant.millisecondsPerDay))
  state.put(TokensTable.self, token)
  return token
}

func revokeToken(
  _ request: RevokeToken, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Token {
  guard var token = try state.record(TokensTable.self, .init(id: request.id)) else {
    throw .notFound(NotFound("token", request.id))
  }
  guard token.revokedAt == nil else { return token }
  token.revokedAt = act.time
  token.revokedBy = act.actor
  state.put(TokensTable.self, token)
  return token
}

extension Token {
  /// Names a token in lists and in the log: the head of its hash.
  package static func identifier(ofHash hash: [UInt8]) -> String { Array(hash.prefix(8)).hexadecimal }

  /// Why nobody may call with it at this moment; `nil` when somebody may.
  fileprivate func fault(at time: Instant) -> TokenFault? {
    if revokedAt != nil { return .revoked }
    return time < expiresAt ? nil : .expired
  }
}

/// Why a token is worth nothing. For the log alone: whoever shows such a token is not told which it is.
package enum TokenFault: Error, Sendable {
  case unknown
  case expired
  case revoked
}

/// Whom the token of this hash stands for.
///
/// The table is asked for the head of the hash, and the whole is then compared in a time that does not depend on where
/// the two differ. So not even the hash of a token can be felt for, and from a hash nobody gets to the 256 random bits
/// behind it.
package func holder(
  ofTokenHash hash: [UInt8], at time: Instant, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Result<Principal, TokenFault> {
  let id = Token.identifier(ofHash: hash)
  guard let token = try reader.record(TokensTable.self, .init(id: id)), isEqual(token.hash, hash) else {
    return .failure(.unknown)
  }
  if let fault = token.fault(at: time) { return .failure(fault) }
  guard let person = try reader.record(PersonsTable.self, .init(id: token.person)) else { return .failure(.unknown) }
  return .success(
    Principal(name: Principal.personPrefix + person.id, grants: person.grants, token: id))
}

/// Looks at every byte, wherever the first difference is.
private func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
  guard one.count == other.count else { return false }
  return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
}

/// Who holds a token, as they are now.
///
/// - Throws: `tokenEnded`
package func person(
  holding token: String, at time: Instant, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Person {
  guard let token = try reader.record(TokensTable.self, .init(id: token)), token.fault(at: time) == nil,
    let person = try reader.record(PersonsTable.self, .init(id: token.person))
  else { throw .tokenEnded(TokenEnded()) }
  return person
}
