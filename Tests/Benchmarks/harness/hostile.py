"""What ordinary clients feel of peers that mean harm: their reads alone, and beside each kind of them, in turn."""

import contextlib
import json
import subprocess
import sys
import time

from . import measure, safegrid
from .hostile_peers import KINDS
from .machine import BENCHMARKS
from .outcome import Goal, Outcome, Table, milliseconds, shape_name
from .process import wait_until

SHAPE = (16, 16)
GOAL = (2.0, 1.25)
# Half-open connections have five seconds, and who does not read has the same at the end.
RELEASE_SECONDS = 60


def run(options):
    alone, beside, done = {}, {}, {}
    sets = {kind: [kind] for kind in KINDS} | {"all of them": list(KINDS)}
    with safegrid.copied(safegrid.base("ledger", options.base), "hostile") as folder, safegrid.Daemon(folder) as daemon:
        daemon.get(SHAPE, options.mixed_seconds, options.base)
        for _ in range(options.rounds):
            for name, kinds in sets.items():
                alone.setdefault(name, []).append(daemon.get(SHAPE, options.mixed_seconds, options.base))
                with contextlib.ExitStack() as stack:
                    peers = [stack.enter_context(_peers(kind, daemon, options.mixed_seconds + 2)) for kind in kinds]
                    time.sleep(1)
                    beside.setdefault(name, []).append(daemon.get(SHAPE, options.mixed_seconds, options.base))
                    done.setdefault(name, []).append(sum(_done(peer) for peer in peers) / (options.mixed_seconds + 2))
                # The next measurement begins with nothing left of this one.
                wait_until(lambda: _connections(daemon) == 1, RELEASE_SECONDS, f"releasing {name}")
        memory = daemon.memory_mib()
    rows, ratios = [], {}
    for name in sets:
        ratios[name] = measure.median(beside[name], "p99_us") / measure.median(alone[name], "p99_us")
        rows.append([
            name, f"{sum(done[name]) / len(done[name]):,.0f}/s", milliseconds(measure.median(alone[name], "p99_us")),
            milliseconds(measure.median(beside[name], "p99_us")), f"{ratios[name]:.2f} ×",
            f"{measure.median(beside[name], 'per_second') / measure.median(alone[name], 'per_second'):.2f} ×"])
    worst = max(KINDS, key=ratios.get)
    table = Table(
        f"Point reads {shape_name(SHAPE)} beside peers that mean harm",
        ["", "attempts", "p99 alone", "p99 beside them", "p99", "reads a second"], rows,
        f"The peers have a pace of their own and share the cores. Afterwards each of their connections is gone; the daemon "
        f"then had {memory:.0f} MiB.")
    return Outcome([table], [Goal(f"get p99 beside {worst}, against alone", ratios[worst], *GOAL, is_less_better=True)])


@contextlib.contextmanager
def _peers(kind, daemon, seconds):
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.hostile_peers", kind, daemon.socket, f"{seconds:g}"], cwd=BENCHMARKS,
        stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _done(process):
    told = process.communicate(timeout=60)[0]
    if process.returncode != 0:
        raise RuntimeError(f"a hostile peer gave up: {told[-300:]}")
    return json.loads(told)["done"]


def _connections(daemon):
    """Those that are open; the one that asks is among them."""
    return int(daemon.call("Admin.activity", {})["connectionCount"])
