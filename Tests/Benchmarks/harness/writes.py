"""Durable submissions: `Hazard.submit` as the product does it, against peers that write the same row with as many indexes."""

from . import measure, peers, safegrid
from .machine import SCRATCH
from .outcome import Goal, Outcome, Table, milliseconds, shape_name, thousands
from .process import alone

SHAPES = {1: (1, 1), 16: (16, 1), 256: (16, 16)}
# calls in flight → peer → must, beyond
GOALS = {
    16: {"Redis": (1.5, 2.5), "PostgreSQL": (2, 3), "etcd": (8, 12)},
    256: {"Redis": (2, 3), "PostgreSQL": (6, 10), "etcd": (20, 40)},
}


class _Submit:
    name = "SafeGrid"

    def __init__(self, daemon, bodies):
        self.daemon, self.bodies = daemon, bodies

    def submit(self, shape, seconds):
        return self.daemon.submit(shape, seconds, self.bodies)


def run(options):
    outcome = Outcome()
    entries = entries_of_a_submission()
    with safegrid.copied(safegrid.base("hazards", options.base), "submit") as folder, \
            safegrid.Daemon(folder) as daemon, peers.Redis(options.base) as redis, \
            peers.PostgreSQL(options.base) as postgresql, peers.Etcd() as etcd, peers.GrpcSwift(1000) as grpc_swift:
        ours = _Submit(daemon, f"{folder}.hazards")
        servers = [daemon, redis, postgresql, etcd, grpc_swift]
        everyone = [ours, redis, postgresql, etcd]
        plan = [(1, [ours, redis]), (16, everyone), (256, everyone)]
        cells = {}
        for _ in range(options.rounds):
            for in_flight, candidates in plan:
                for candidate in candidates:
                    with alone(daemon if candidate is ours else candidate, servers):
                        result = candidate.submit(SHAPES[in_flight], options.write_seconds)
                    cells.setdefault((candidate.name, in_flight), []).append(result)
        # Not part of a goal: one short round.
        with alone(grpc_swift, servers):
            for in_flight, shape in SHAPES.items():
                result = grpc_swift.submit(shape, min(5, options.write_seconds))
                cells["grpc-swift-2, SQLite", in_flight] = [result]
    _tell(outcome, cells, [candidate.name for candidate in everyone] + ["grpc-swift-2, SQLite"], entries)
    outcome.tables.append(_bare(options))
    return outcome


def entries_of_a_submission():
    """Counted: what the trees hold more after 1,000 submissions."""
    folder, count = SCRATCH / "run-count", 1000
    safegrid.remove(folder)

    def totals(daemon):
        tables = daemon.call("Admin.verify", {})["tables"]
        return sum(int(t.get("records", 0)) + int(t.get("indexEntries", 0)) for t in tables)

    with safegrid.Daemon(folder) as daemon:
        safegrid.county(daemon, folder, 1000)
        before = totals(daemon)
        daemon.submit((1, 16), 60, f"{folder}.hazards", calls=count)
        after = totals(daemon)
    safegrid.remove(folder)
    return round((after - before) / count, 2)


def _tell(outcome, cells, names, entries):
    def rate(name, in_flight):
        return measure.median(cells[name, in_flight], "per_second") if (name, in_flight) in cells else None

    rows = []
    for name in names:
        row = [name]
        for in_flight in SHAPES:
            value = rate(name, in_flight)
            row.append("" if value is None else thousands(value))
        for in_flight in SHAPES:
            has = (name, in_flight) in cells and "p50_us" in cells[name, in_flight][0]
            row.append(" / ".join(
                milliseconds(measure.median(cells[name, in_flight], point)) for point in ("p50_us", "p99_us"))
                if has else "")
        rows.append(row)
    for name in names[1:4]:
        ratios = ["" if rate(name, n) is None else f"{rate('SafeGrid', n) / rate(name, n):.2f} ×" for n in SHAPES]
        rows.append([f"SafeGrid / {name}", *ratios, "", "", ""])
    outcome.tables.append(Table(
        "Durable submissions a second, and their latency (p50 / p99), by calls in flight",
        ["", *map(str, SHAPES), *(f"latency, {n}" for n in SHAPES)], rows,
        f"A submission of SafeGrid writes {entries:g} new B-tree entries (the record, its five indexes, the case's first "
        "event, the request key), changes four counts, and is journaled with authority, validation and reply. Redis: one "
        "MULTI of SET and 6 ZADD; PostgreSQL: one row with a primary key and 6 indexes; etcd: one transaction of 7 puts; "
        "none of them checks, counts or remembers a request key beyond that. 256 in flight are 16 connections × 16, for "
        "PostgreSQL 256 connections."))
    p50 = [measure.median(cells[name, 1], "p50_us") for name in ("SafeGrid", "Redis")]
    outcome.goals.append(Goal("submit, 1 in flight, p50 of Redis", p50[0] / p50[1], 1.5, 1.0, is_less_better=True))
    for in_flight, goals in GOALS.items():
        for name, (must, beyond) in goals.items():
            ratio = rate("SafeGrid", in_flight) / rate(name, in_flight)
            outcome.goals.append(Goal(f"submit, {in_flight} in flight, against {name}", ratio, must, beyond))


def _bare(options):
    rows = []
    for batch in SHAPES:
        row = [str(batch)]
        for mode in ("journal", "synced"):
            # Each fills a base of its own first: one batch shows what syncing LMDB costs.
            if mode == "synced" and batch != 16:
                row.append("")
                continue
            result = peers.bare_submit(batch, options.limit_seconds, mode)
            row.append(f"{thousands(result['per_second'])}, p50 {milliseconds(result['p50_us'])}")
        rows.append(row)
    return Table(
        "Bare LMDB in C with the same keys and batches, a second", ["batch", "journal synced, LMDB not", "LMDB synced"],
        rows, "No server, no rules, no encoding, no chain of hashes.")
