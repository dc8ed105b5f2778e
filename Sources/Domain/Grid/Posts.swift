import Records
import Scalars

/// Posts that a node ever has: a hundred years of five people who change once a year, and no more to read for one node.
private let postsOfANodeMax = 1000

func putPost(_ request: PutPost, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) -> Post {
  try checkLiving(request.grid, in: state)
  let person = try requirePerson(request.person, in: state)
  guard let rule = try fiveFixedRules(in: state).posts.first(where: { $0.name == request.post }) else {
    throw .invalid(
      "post", "the profile's fiveFixed.posts has no \"\(request.post)\"", "配置方案fiveFixed.posts中没有“\(request.post)”")
  }
  guard person.mayServe(request.grid, as: rule, on: max(request.from, act.today)) else {
    throw .invalid(
      "person", "\(person.id) does not have the role \(rule.role!.name) there; grant it first",
      "\(person.id)在该网格不具有“\(rule.role!.label.chinese)”角色，请先授权")
  }
  let post = Post(
    id: try nextPost(in: state), grid: request.grid, post: request.post, person: request.person, from: request.from,
    to: request.to, version: 1)
  try checkDays(post)
  let known = try posts(of: request.grid, in: state)
  guard known.count < postsOfANodeMax else {
    throw .invalid("grid", "it has had \(postsOfANodeMax) posts; that is all", "岗位已达\(postsOfANodeMax)个上限")
  }
  if let twin = known.first(where: { $0.person == post.person && $0.post == post.post && $0.meets(post) }) {
    throw .invalid(
      "from", "\(post.person) holds this post there already (number \(twin.id), from \(twin.from))",
      "\(post.person)已在该网格担任此岗位（编号\(twin.id)，自\(twin.from)起）")
  }
  state.put(PostsTable.self, post)
  return post
}

func endPost(_ request: EndPost, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) -> Post {
  guard var post = try state.record(PostsTable.self, .init(id: request.id)) else {
    throw .notFound(NotFound("post", "\(request.id)"))
  }
  try checkVersion(post.version, request.expectedVersion)
  post.to = request.to
  post.version += 1
  try checkDays(post)
  state.put(PostsTable.self, post)
  return post
}

private func checkDays(_ post: Post) throws(Refusal) {
  if let to = post.to, to < post.from {
    throw .invalid("to", "\(to) lies before the first day, \(post.from)", "\(to)早于起始日\(post.from)")
  }
}

/// The number of the next post; a command that puts several counts on from it.
func nextPost(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> UInt64 {
  (try reader.firstKey(PostsTable.self, in: .all, descending: true)?.id ?? 0) + 1
}

/// All posts that a node ever had, oldest first.
func posts(of grid: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> [Post] {
  let entries = try reader.entries(
    PostsByGridIndex.self, in: KeyRange(prefix: PostsByGridIndex.prefix(grid)), descending: false,
    limit: postsOfANodeMax)
  var posts: [Post] = []
  for entry in entries {
    if let post = try reader.record(PostsTable.self, entry.key) { posts.append(post) }
  }
  return posts
}

extension Post {
  func isHeld(on date: Date) -> Bool { from <= date && (to.map { date <= $0 } ?? true) }

  func meets(_ other: Post) -> Bool {
    (to.map { other.from <= $0 } ?? true) && (other.to.map { from <= $0 } ?? true)
  }
}

extension Person {
  /// Whether the person has the role that the post needs in a grid, on a day.
  func mayServe(_ grid: GridCode, as rule: GridPost, on date: Date) -> Bool {
    guard let role = rule.role else { return true }
    return grants.valid(on: date).contains { $0.role == role && ($0.grid?.contains(grid) ?? true) }
  }
}
