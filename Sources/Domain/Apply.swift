package import Records

/// Decides one command: changes `state` and answers, or refuses and leaves what it did to be dropped.
///
/// Pure: the outcome follows from the arguments alone, so that every daemon that applies the same log reaches the same
/// state. The caller has been authorised by role and grid; what the workflows ask beyond that is asked here.
package func apply(
  _ command: Command, _ act: Act, to state: inout some State & ~Copyable
) throws(Refusal) -> Outcome {
  switch command {
  case .gridOpenEdition(let request): .gridOpenEdition(try openEdition(request, act, &state))
  case .gridStageDivisions(let request): .gridStageDivisions(try stageDivisions(request, act, &state))
  case .gridActivateEdition(let request): .gridActivateEdition(try activateEdition(request, act, &state))
  case .gridPutCells(let request): .gridPutCells(try putCells(request, act, &state))
  case .personPut(let request): .personPut(try putPersons(request, act, &state))
  case .enterpriseImport(let request): .enterpriseImport(try importEnterprises(request, act, &state))
  case .creditRecord(let request): .creditRecord(try recordCredit(request, act, &state))
  case .adminAdvanceClock(let request): .adminAdvanceClock(try advanceClock(request, act, &state))
  case .adminStartTestClock(let request): .adminStartTestClock(try startTestClock(request, act, &state))
  case .adminActivateProfile(let request): .adminActivateProfile(try activateProfile(request, act, &state))
  case .adminMigrate(let request): .adminMigrate(try migrate(request, act, &state))
  case .hazardSubmit(let request): .hazardSubmit(try submitHazard(request, .submit, act, &state))
  case .hazardDirectReport(let request): .hazardDirectReport(try submitHazard(request, .directReport, act, &state))
  case .hazardResolveOnSpot(let request): .hazardResolveOnSpot(try submitHazard(request, .resolveOnSpot, act, &state))
  case .hazardForwardUp(let request): .hazardForwardUp(try moveHazard(request, .forwardUp, act, &state))
  case .hazardFile(let request): .hazardFile(try fileHazard(request, act, &state))
  case .hazardDecline(let request): .hazardDecline(try moveHazard(request, .decline, act, &state))
  case .hazardMerge(let request): .hazardMerge(try mergeHazard(request, act, &state))
  case .hazardDispatch(let request): .hazardDispatch(try assignHazard(request, .dispatch, act, &state))
  case .hazardClaim(let request): .hazardClaim(try moveHazard(request, .claim, act, &state))
  case .hazardReturnTask(let request): .hazardReturnTask(try moveHazard(request, .returnTask, act, &state))
  case .hazardReassign(let request): .hazardReassign(try assignHazard(request, .reassign, act, &state))
  case .hazardRegrade(let request): .hazardRegrade(try regradeHazard(request, act, &state))
  case .hazardRequestExtension(let request): .hazardRequestExtension(try requestExtension(request, act, &state))
  case .hazardDecideExtension(let request): .hazardDecideExtension(try decideExtension(request, act, &state))
  case .hazardTransferEnforcement(let request):
    .hazardTransferEnforcement(try moveHazard(request, .transferEnforcement, act, &state))
  case .hazardFeedback(let request): .hazardFeedback(try feedBack(request, act, &state))
  case .hazardVerifyPass(let request): .hazardVerifyPass(try moveHazard(request, .verifyPass, act, &state))
  case .hazardVerifyFail(let request): .hazardVerifyFail(try moveHazard(request, .verifyFail, act, &state))
  case .hazardPark(let request): .hazardPark(try moveHazard(request, .park, act, &state))
  case .hazardUnpark(let request): .hazardUnpark(try moveHazard(request, .unpark, act, &state))
  case .hazardEscalate(let request): .hazardEscalate(try moveHazard(request, .escalate, act, &state))
  case .hazardTerminate(let request): .hazardTerminate(try moveHazard(request, .terminate, act, &state))
  case .hazardReopen(let request): .hazardReopen(try moveHazard(request, .reopen, act, &state))
  case .hazardVoid(let request): .hazardVoid(try voidHazard(request, act, &state))
  case .hazardPlan(let request): .hazardPlan(try planHazard(request, act, &state))
  case .hazardExpire(let request): .hazardExpire(try expireHazards(request, act, &state))
  }
}
