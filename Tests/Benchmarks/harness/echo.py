"""A unary echo of 200 bytes over Unix sockets: what a call costs without any service behind it."""

import os
import re
import signal
import struct
import subprocess

from . import measure, peers, requests
from .instructions import Counted
from .machine import BENCHMARKS, ECHO_SERVER, SCRATCH, TOOLS
from .measure import load
from .outcome import Goal, Outcome, Table, shape_name, thousands
from .process import Server, alone

SHAPES = [(1, 1), (16, 1), (16, 16), (64, 16)]
BODY_BYTES = 200
# must and beyond, as shares of the C server's throughput
GOALS = {(16, 1): (0.6, 0.8), (16, 16): (0.8, 1.0)}


def _ask(socket, shape, seconds, **options):
    bodies = SCRATCH / "run-echo.bodies"
    requests.write(bodies, [("", bytes(BODY_BYTES))])
    return load("gridwire", socket, "call", shape, seconds, method=1, bodies=bodies, **options)


class _Gridwire(Server):
    """A server that echoes frames of gridwire/1."""

    def __init__(self, name, program, *arguments, environment=None):
        self.name = name
        self.socket = str(SCRATCH / f"run-{program.name}-{'-'.join(map(str, arguments))}.sock")
        super().__init__(
            [program, self.socket, *arguments], f"{self.socket}.log", ready="ready", environment=environment)

    def echo(self, shape, seconds, **options):
        return _ask(self.socket, shape, seconds, server_pid=self.pid, **options)


def _ours(loops, **options):
    name = "SafeGrid" if loops == os.cpu_count() else f"SafeGrid, {loops} loop{'s' * (loops > 1)}"
    return _Gridwire(name, ECHO_SERVER, loops, **options)


def run(options):
    records = peers.lmdb_records(1000)
    with _ours(os.cpu_count()) as ours, _ours(1) as single, _Gridwire("C, epoll", TOOLS / "gridwire_echo") as c, \
            peers.Grpc(records, 1000, is_tcp=False) as grpc, peers.GrpcSwift(1000, is_tcp=False) as grpc_swift:
        candidates = [ours, single, c, grpc, grpc_swift]
        cells = {}
        for _ in range(options.rounds):
            for shape in SHAPES:
                for candidate in candidates:
                    with alone(candidate, candidates):
                        cells.setdefault((candidate.name, shape), []).append(candidate.echo(shape, options.read_seconds))
    outcome = Outcome()
    _tell(outcome, cells, *candidates)
    _tell_steps(outcome, options)
    return outcome


def _tell(outcome, cells, ours, single, c, grpc, grpc_swift):
    def value(candidate, shape, field):
        return measure.median(cells[candidate.name, shape], field)

    def ratio(one, shape):
        return value(one, shape, "per_second") / value(c, shape, "per_second")

    candidates = (ours, single, c, grpc, grpc_swift)
    header = ["", *map(shape_name, SHAPES)]
    rows = [[one.name, *(thousands(value(one, shape, "per_second")) for shape in SHAPES)] for one in candidates]
    rows += [[f"{one.name} / {c.name}", *(f"{ratio(one, shape):.2f} ×" for shape in SHAPES)] for one in (ours, single)]
    outcome.tables.append(Table(
        f"Echoes of {BODY_BYTES} bytes a second, Unix socket", header, rows,
        "SafeGrid's listener, channels, frames and dispatch with a handler that echoes; like the daemon it has a loop for "
        "each core, the C server has one thread. C++ gRPC and grpc-swift-2 are asked by a C++ gRPC client, which shares "
        "the cores: compare their CPU time, not their rate."))
    rows = [
        [one.name, *(f"{value(one, shape, 'server_cpu_us_per_call'):.2f} µs" for shape in SHAPES)] for one in candidates]
    outcome.tables.append(Table("The server's CPU time for an echo", header, rows))
    for shape, (must, beyond) in GOALS.items():
        outcome.goals.append(
            Goal(f"echo {shape_name(shape)}, against an epoll loop in C", ratio(ours, shape), must, beyond))
    for peer, must, beyond in ((grpc_swift, 50, 100), (grpc, 10, 20)):
        shape = (16, 16)
        share = value(peer, shape, "server_cpu_us_per_call") / value(ours, shape, "server_cpu_us_per_call")
        outcome.goals.append(Goal(f"echo, CPU of {peer.name} / SafeGrid's", share, must, beyond))


def _instructions(shape, calls):
    folder = SCRATCH / "run-echo-callgrind"
    socket = f"{folder}.sock"
    with Counted(ECHO_SERVER, [socket, 1], folder, "ready") as server:
        server.begin()
        return server.per_call(lambda times: _ask(socket, shape, 600, calls=times), calls)


def _allocations(server, path, shape, calls):
    """More of them in 2 N calls than in N, by call."""

    def count():
        return struct.unpack("<Q", path.read_bytes())[0]

    server.echo(shape, 600, calls=calls)
    first = count()
    server.echo(shape, 600, calls=calls)
    second = count()
    server.echo(shape, 600, calls=2 * calls)
    return (count() - 2 * second + first) / calls


def _system_calls(server, shape, calls):
    """More of them in 2 N calls than in N, by call."""

    def count(times):
        report = SCRATCH / "run-echo.strace"
        tracer = subprocess.Popen(
            ["strace", "-f", "-c", "-o", report, "-p", str(server.pid)], stderr=subprocess.PIPE, text=True)
        tracer.stderr.readline()  # "attached"
        server.echo(shape, 600, calls=times)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        return int(re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+)", report.read_text(), re.M).group(1))

    return (count(2 * calls) - count(calls)) / calls


def _tell_steps(outcome, options):
    shim, path = SCRATCH / "allocations.so", SCRATCH / "run-echo.allocations"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", shim, BENCHMARKS / "allocations/count.c"], check=True)
    calls = 50 * options.callgrind_calls
    rows, steps = [], {}
    path.unlink(missing_ok=True)
    environment = os.environ | {"LD_PRELOAD": str(shim), "ALLOCATIONS": str(path)}
    with _ours(1, environment=environment) as server:
        for shape in SHAPES:
            steps[shape] = _allocations(server, path, shape, calls), _system_calls(server, shape, calls // 10)
    for shape in SHAPES:
        allocations, system_calls = steps[shape]
        rows.append([
            shape_name(shape), f"{_instructions(shape, options.callgrind_calls):,}", f"{allocations:.3f}",
            f"{system_calls:.3f}"])
    # A connection's wake-up reads and writes once, however many requests came with it: two shapes tell its share from that
    # of a request.
    (alone_allocations, alone_calls), (burst_allocations, burst_calls) = steps[16, 1], steps[16, 16]
    wake_up = (alone_allocations - burst_allocations) / (alone_calls - burst_calls)
    request = alone_allocations - wake_up * alone_calls
    outcome.tables.append(Table(
        "An echo, step by step, one loop", ["", "user instructions", "allocations", "system calls"], rows,
        f"Allocations follow wake-ups: {wake_up * alone_calls:.2f} belong to a wake-up of a connection (the buffer of its one "
        f"write), {max(0.0, request):.2f} to a request."))
    outcome.goals.append(Goal("allocations for a request", max(0.0, round(request, 2)), 0, 0, "", is_less_better=True))
