import Records
import Scalars

func activateProfile(
  _ request: ActivateProfile, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Empty {
  if let fault = profileFaults(request.profile).first {
    throw .invalid("profile", "\(fault)", "\(fault.path)：\(fault.reason.chinese)")
  }
  let active = ActiveProfile(id: 1, profile: request.profile, activatedAt: act.time)
  try keepRuleset(of: active, after: try state.record(ProfilesTable.self, .init(id: 1)), &state)
  state.put(ProfilesTable.self, active)
  try scheduleRounds(request.profile, act, &state)
  return Empty()
}
