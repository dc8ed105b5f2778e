"""Point reads: `Enterprise.show` of one record of about 400 bytes by its key, against Redis and against C."""

from . import measure, peers, safegrid
from .outcome import Goal, Outcome, Table, shape_name, thousands
from .process import alone

SHAPES = [(1, 1), (16, 1), (16, 16), (64, 128)]
# must and beyond, as shares of Redis
GOALS = {(16, 16): (1.3, 1.7), (64, 128): (1.8, 2.4), (16, 1): (0.8, 1.0), (1, 1): (0.9, 1.1)}
GRPC_SHAPE = (4, 16)


class _Get:
    """A daemon over a ledger, as the other candidates look."""

    name = "SafeGrid"

    def __init__(self, daemon, base):
        self.daemon, self.base = daemon, base

    def get(self, shape, seconds, is_tcp=False):
        return self.daemon.get(shape, seconds, self.base, is_tcp)


def run(options):
    records = peers.lmdb_records(options.base)
    with safegrid.Daemon(safegrid.base("ledger", options.base)) as daemon, peers.Redis(options.base) as redis, \
            peers.Reference("get", records, options.base) as reference, peers.Reference("echo") as echo, \
            peers.Grpc(records, options.base) as grpc, peers.GrpcSwift(options.base) as grpc_swift:
        ours = _Get(daemon, options.base)
        servers = [daemon, redis, reference, echo, grpc, grpc_swift]
        cells = _throughput([ours, redis, reference, echo], daemon, servers, options)
        costs = _costs([ours, grpc, grpc_swift, redis], daemon, servers, options)
    outcome = Outcome()
    _tell_throughput(outcome, cells, ours, redis, reference, echo)
    _tell_costs(outcome, costs, ours, grpc, grpc_swift, redis)
    outcome.tables.append(_bare(records, options))
    return outcome


def _alternate(candidates, shapes, daemon, servers, options, **how):
    cells = {}
    for _ in range(options.rounds):
        for shape in shapes:
            for candidate in candidates:
                server = daemon if isinstance(candidate, _Get) else candidate
                with alone(server, servers):
                    result = candidate.get(shape, options.read_seconds, **how)
                cells.setdefault((candidate.name, shape), []).append(result)
    return cells


def _throughput(candidates, daemon, servers, options):
    return _alternate(candidates, SHAPES, daemon, servers, options)


def _costs(candidates, daemon, servers, options):
    return _alternate(candidates, [GRPC_SHAPE], daemon, servers, options, is_tcp=True)


def _tell_throughput(outcome, cells, ours, redis, reference, echo):
    rows = []
    for candidate in (ours, redis, reference, echo):
        results = [cells[candidate.name, shape] for shape in SHAPES]
        rates = [measure.median(result, "per_second") for result in results]
        rows.append([candidate.name, *map(thousands, rates), f"{measure.median(results[2], 'p99_us') / 1000:.2f} ms"])
    for other in (redis, reference):
        ratios = [_ratio(cells, ours, other, shape) for shape in SHAPES]
        rows.append([f"SafeGrid / {other.name}", *(f"{ratio:.2f} ×" for ratio in ratios), ""])
    outcome.tables.append(Table(
        "Point reads a second, Unix socket", ["", *map(shape_name, SHAPES), "p99 at 16×16"], rows,
        "SafeGrid has an event loop for each core; Redis and the C servers have one thread. The echo answers 200 bytes."))
    for shape, (must, beyond) in GOALS.items():
        outcome.goals.append(
            Goal(f"get {shape_name(shape)}, against Redis", _ratio(cells, ours, redis, shape), must, beyond))


def _ratio(cells, one, other, shape):
    return measure.median(cells[one.name, shape], "per_second") / measure.median(cells[other.name, shape], "per_second")


def _tell_costs(outcome, cells, ours, grpc, grpc_swift, redis):
    def cost(candidate):
        return measure.median(cells[candidate.name, GRPC_SHAPE], "server_cpu_us_per_call")

    rows = []
    for candidate in (ours, redis, grpc, grpc_swift):
        rate = measure.median(cells[candidate.name, GRPC_SHAPE], "per_second")
        rows.append([candidate.name, f"{cost(candidate):.1f} µs", f"{cost(candidate) / cost(ours):.1f} ×", thousands(rate)])
    outcome.tables.append(Table(
        f"The server's CPU time for a point read, {shape_name(GRPC_SHAPE)}, TCP on the loopback",
        ["", "CPU", "of SafeGrid's", "a second"], rows,
        "grpc-swift-2 reads from SQLite (GRDB), C++ gRPC from bare LMDB. Their client is C++ gRPC, which shares the cores: "
        "compare the CPU time, not the rate."))
    outcome.goals.append(Goal("get, CPU of grpc-swift-2 / SafeGrid's", cost(grpc_swift) / cost(ours), 50, 100))
    outcome.goals.append(Goal("get, CPU of C++ gRPC / SafeGrid's", cost(grpc) / cost(ours), 10, 20))


def _bare(records, options):
    rows = []
    for threads in (1, 2):
        rate = measure.bare_lmdb("get", records, options.base, threads, options.limit_seconds)["per_second"]
        rows.append([f"`mdb_get` and a copy of 400 bytes, {threads} thread{'s' * (threads > 1)}", thousands(rate)])
    sync = peers.bare_sync(options.limit_seconds)
    rows.append(["4 KiB over a file's own blocks, `fdatasync`", f"{thousands(sync['per_second'])}, p50 {sync['p50_us']:.0f} µs"])
    return Table("Limits without a server", ["", "a second"], rows)
