"""What is felt while much is written: reports on a schedule, reads beside them, and pages of a million hazards."""

import json
import math
import subprocess

from . import measure, requests, safegrid
from .outcome import Goal, Outcome, Table, milliseconds, shape_name

MIXED_SHAPE = (16, 16)
QUERY_GOAL = (1.0, 0.3)  # milliseconds


def _ticks():
    """Of all processors since the machine started: those that its host gave to others, and all."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return ticks[7], sum(ticks)


def open_loop(options):
    with safegrid.copied(safegrid.base("hazards", options.base), "open") as folder, safegrid.Daemon(folder) as daemon:
        before = _ticks()
        result = daemon.submit(
            (16, 1), options.open_loop_seconds, f"{folder}.hazards", rate=options.open_loop_rate, warmup=1,
            may_be_refused=True)
        stolen, passed = (after - before for after, before in zip(_ticks(), before))
        copies = sum("copied the state" in line for line in open(f"{folder}.log"))
    points = ["p50_us", "p90_us", "p99_us", "p999_us", "max_us"]
    # What was refused was never done: with more of it than one in a thousand, that percentile has no end.
    p999 = result["p999_us"] / 1000 if result["errors"] <= result["calls"] / 1000 else math.inf
    title = f"Submissions on a schedule: {options.open_loop_rate:,} a second for {options.open_loop_seconds:g} s"
    table = Table(
        title, ["answered", "refused", "p50", "p90", "p99", "p99.9", "max", "copies of the state meanwhile",
                "stolen by the host"],
        [[f"{result['calls']:,}", f"{result['errors']:,}", *(milliseconds(result[point]) for point in points), str(copies),
          f"{100 * stolen / passed:.1f} %"]],
        "An open loop: a latency begins when the report was due, whatever the daemon did. The last column is `steal` in "
        "/proc/stat: time in which the machine's host ran others.")
    goal = Goal(
        f"submit, open loop at {options.open_loop_rate:,}/s, p99.9", p999, 100, 30, "ms", is_less_better=True)
    return Outcome([table], [goal])


def mixed(options):
    """Reads on their own connections, with and without submissions beside them."""
    alone, beside = [], []
    with safegrid.copied(safegrid.base("ledger", options.base), "mixed") as folder, safegrid.Daemon(folder) as daemon:
        for _ in range(options.rounds):
            alone.append(daemon.get(MIXED_SHAPE, options.mixed_seconds, options.base))
            submissions = subprocess.Popen(
                measure.load_command(
                    "gridwire", daemon.socket, "submit", (16, 1), options.mixed_seconds + 2, method=requests.SUBMIT,
                    bodies=f"{folder}.hazards", rate=options.open_loop_rate), stdout=subprocess.PIPE, text=True)
            beside.append(daemon.get(MIXED_SHAPE, options.mixed_seconds, options.base))
            told = json.loads(submissions.communicate(timeout=180)[0])
            beside[-1]["submissions"] = (told["calls"] - told["errors"]) / told["seconds"]
    rows = []
    for name, results in (("reads alone", alone), (f"beside {options.open_loop_rate:,} submissions/s", beside)):
        rows.append([
            name, f"{measure.median(results, 'per_second') / 1000:,.0f} k",
            *(milliseconds(measure.median(results, point)) for point in ("p50_us", "p99_us", "p999_us")),
            f"{measure.median(results, 'submissions'):,.0f}/s" if "submissions" in results[0] else ""])
    ratio = measure.median(beside, "p99_us") / measure.median(alone, "p99_us")
    table = Table(
        f"Point reads {shape_name(MIXED_SHAPE)} beside submissions", ["", "a second", "p50", "p99", "p99.9", "submitted and not refused"],
        rows, "Both generators and the daemon share the cores.")
    return Outcome(
        [table], [Goal("get p99 beside 10,000 submissions/s, against alone", ratio, 3, 1.5, is_less_better=True)])


def queries(options):
    folder = safegrid.base("late", options.base)
    cells = requests.villages()
    bodies = {
        "statistics": [requests.grid(1, requests.COUNTY)],
        "worklist": [requests.grid(1, village) for village in cells],
        "overdue": [requests.grid(1, requests.COUNTY)],
    }
    rows, goals = [], []
    with safegrid.copied(folder, "queries") as copy, safegrid.Daemon(copy, "--manual-clock") as daemon:
        for name, wanted in bodies.items():
            path = f"{copy}.{name}"
            requests.write(path, [("", body) for body in wanted])
            results = [
                daemon.load("call", (1, 1), options.query_seconds, method=requests.QUERIES[name], bodies=path)
                for _ in range(options.rounds)]
            p99 = measure.median(results, "p99_us")
            rows.append([
                name, milliseconds(measure.median(results, "p50_us")), milliseconds(p99),
                f"{measure.median(results, 'server_cpu_us_per_call'):.0f} µs"])
            goals.append(Goal(f"{name}, p99", p99 / 1000, *QUERY_GOAL, "ms", is_less_better=True))
    table = Table(
        f"Queries over {options.base:,} hazards, 1×1", ["", "p50", "p99", "the server's CPU"], rows,
        "The county's counts; a village's worklist; the county's late cases, a twentieth of all. Pages of 100. Measured at "
        "the client, the socket included.")
    return Outcome([table], goals)
