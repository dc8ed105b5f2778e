import Records
import Scalars

func activateProfile(
  _ request: ActivateProfile, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Empty {
  if let fault = profileFaults(request.profile).first {
    throw .invalid("profile", "\(fault)", "\(fault.path)：\(fault.reason.chinese)")
  }
  state.put(ProfilesTable.self, ActiveProfile(id: 1, profile: request.profile, activatedAt: act.time))
  try scheduleRounds(request.profile, act, &state)
  return Empty()
}
