package import Records
package import Scalars

extension RewardRules {
  /// For a hazard or a violation: a share of the fine, within limits. What is less than a fen is left out.
  package func amount(ofFine fine: Fen) -> Fen {
    // As a fraction of 100 and a rest, so that no amount is too large to multiply.
    let (hundreds, rest) = fine.rawValue.quotientAndRemainder(dividingBy: 100)
    let (share, overflows) = hundreds.multipliedReportingOverflow(by: Int64(percent))
    guard !overflows else { return most }
    return min(most, max(least, Fen(share + rest * Int64(percent) / 100)))
  }

  /// For a concealed accident: so much for each concealed death, up to a limit; `nil` when the grade has no amount.
  package func amount(ofDeaths deaths: UInt32, _ grade: AccidentGrade) -> Fen? {
    guard let each = perDeath.first(where: { $0.grade == grade })?.amount else { return nil }
    let (sum, overflows) = each.rawValue.multipliedReportingOverflow(by: Int64(deaths))
    return overflows ? mostForDeaths : min(mostForDeaths, Fen(sum))
  }
}

func proposeReward(
  _ request: ProposeReward, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(
    .proposeReward, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  step.report.reward = ReportReward(
    fine: request.fine, concealedDeaths: request.concealedDeaths, grade: request.grade, basis: request.basis,
    amount: try step.amount(request), proposedBy: act.actor)
  return try step.finish(&state)
}

extension ReportStep {
  fileprivate func amount(_ request: ProposeReward) throws(Refusal) -> Fen {
    let rewards = try configured(rules.reward, "reward")
    guard report.kind == .concealedAccident else {
      guard let fine = request.fine, fine >= .unset, request.concealedDeaths == nil, request.grade == nil else {
        throw .invalid(
          "fine", "a hazard or violation is rewarded by its fine: give that, 0 or more, and nothing else",
          "事故隐患和违法行为按罚款额奖励，仅填写罚款额（不小于0）")
      }
      return rewards.amount(ofFine: fine)
    }
    guard let deaths = request.concealedDeaths, let grade = request.grade, request.fine == nil else {
      throw .invalid(
        "concealed_deaths",
        "a concealed accident is rewarded by its deaths: give concealed_deaths and grade, and no fine",
        "瞒报谎报事故按死亡人数奖励，填写瞒报死亡人数和事故等级，不填罚款额")
    }
    return try configured(rewards.amount(ofDeaths: deaths, grade), "reward.perDeath (\(grade.name))")
  }
}

func approveReward(
  _ request: ApproveReward, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(
    .approveReward, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  if request.secondPerson == step.report.reward?.proposedBy {
    throw step.refuse("nobody grants what they proposed themselves", "不得批准本人提请的奖励")
  }
  if let fault = try act.faultOfSecond(request.secondPerson, in: step.report.grid, state) { throw step.refuse(fault) }
  step.report.reward?.approvedBy = act.actor
  step.report.reward?.agreedBy = request.secondPerson
  step.report.reward?.document = request.document
  step.report.reward?.approvedAt = act.time
  return try step.finish(&state)
}

func declineReward(
  _ request: ReportNote, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(
    .declineReward, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  step.report.reward = nil
  return try step.finish(&state)
}

func claimReward(
  _ request: ClaimReward, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(.claim, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard try requireIdentity(of: step.report, in: state).codeHash == request.codeHash else {
    throw step.refuse("that is not the code which the reporter was given", "与发给举报人的查询码不符")
  }
  return try step.finish(&state)
}
