import API
import Domain
package import Records
import Scalars

extension QueryServices: StatisticsService {
  package func hazards(
    _ request: HazardBreakdown, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardStatistics>
  ) throws(Refusal) {
    reply.send(try hazardStatistics(request, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func rates(
    _ request: StatisticsPlace, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardRates>
  ) throws(Refusal) {
    reply.send(try hazardRates(of: request.grid, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func coverage(
    _ request: StatisticsPlace, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Coverage>
  ) throws(Refusal) {
    reply.send(try Domain.coverage(of: request.grid, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func fourClear(
    _ request: ListFourClear, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<FourClearPage>
  ) throws(Refusal) {
    let time = try currentTime(in: snapshot)
    reply.send(try Domain.fourClear(request, limit: Self.limit(request.limit), at: time, in: snapshot))
  }

  package func blindSpots(
    _ request: ListBlindSpots, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<BlindSpotPage>
  ) throws(Refusal) {
    let time = try currentTime(in: snapshot)
    var walk = BlindSpotWalk(request, for: copy caller, limit: Self.limit(request.limit), at: time)
    try walk.run(in: snapshot)
    reply.send(walk.page)
  }

  package func workload(
    _ request: WeighWork, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<WorkReport>
  ) throws(Refusal) {
    reply.send(try Domain.workload(request, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func steps(
    _ request: MeasureSteps, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<StepTimes>
  ) throws(Refusal) {
    reply.send(try stepTimes(request, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func violations(
    _ request: StatisticsPlace, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ViolationStatistics>
  ) throws(Refusal) {
    reply.send(try violationStatistics(of: request.grid, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func staff(
    _ request: StatisticsPlace, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<StaffStatistics>
  ) throws(Refusal) {
    reply.send(try staffStatistics(of: request.grid, at: try currentTime(in: snapshot), in: snapshot))
  }

  package func enterprises(
    _ request: MeasureEnterprises, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<EnterpriseHazardPage>
  ) throws(Refusal) {
    reply.send(
      try enterpriseHazards(
        request, limit: Self.limit(request.limit), at: try currentTime(in: snapshot), in: snapshot))
  }

  package func target(
    _ request: StatisticsPlace, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CoverageTarget>
  ) throws(Refusal) {
    reply.send(try coverageTarget(of: request.grid, at: try currentTime(in: snapshot), in: snapshot))
  }
}
