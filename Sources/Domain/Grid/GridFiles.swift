import Records
import Scalars

func putGridFile(
  _ request: PutGridFile, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> GridFile {
  _ = try requireLiving(request.code, in: state)
  let old = try state.record(GridFilesTable.self, .init(code: request.code))
  try checkVersion(old?.version ?? 0, request.expectedVersion)
  let rules = try fiveFixedRules(in: state)
  try checkTerms(request.duties, "duties", rules.duties)
  try checkTerms(request.tasks, "tasks", rules.tasks)
  try checkTerms(request.rewards, "rewards", rules.rewards)
  try checkOnce(request.devices, "devices")
  try checkOnce(request.areaFlags, "area_flags")
  let file = GridFile(
    code: request.code, kind: request.kind, responsibleBody: request.responsibleBody,
    supervisingBody: request.supervisingBody, duties: request.duties, tasks: request.tasks, rewards: request.rewards,
    devices: request.devices, areaFlags: request.areaFlags, baseGridRef: request.baseGridRef,
    validFrom: request.validFrom, updatedAt: act.time, updatedBy: act.actor, version: (old?.version ?? 0) + 1)
  state.put(GridFilesTable.self, file)
  return file
}

/// What the profile says a node must have.
/// - Throws: `unconfigured`
func fiveFixedRules(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> GridRules {
  guard let rules = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.fiveFixed else {
    throw .unconfigured(Unconfigured(rule: "fiveFixed"))
  }
  return rules
}

private func checkTerms(_ keys: [String], _ field: String, _ dictionary: [GridTerm]) throws(Refusal) {
  try checkOnce(keys, field)
  for key in keys where !dictionary.contains(where: { $0.key == key }) {
    throw .invalid(field, "the profile's fiveFixed.\(field) has no \"\(key)\"", "配置方案fiveFixed.\(field)中没有“\(key)”")
  }
}

private func checkOnce(_ values: [some Hashable], _ field: String) throws(Refusal) {
  guard Set(values).count == values.count else {
    throw .invalid(field, "something stands twice in it", "内容重复")
  }
}
