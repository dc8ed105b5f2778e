"""What a hotline and a phone ask for: an enterprise by a part of its name, and the cell in which a point lies."""

from . import measure, requests, safegrid
from .outcome import Goal, Outcome, Table, milliseconds

CELLS = 100_000
ASKED = 2000
# A page of a search looks at 10,000 index entries at most, which is to take some ten milliseconds.
SEARCH_GOAL = (10.0, 1.0)  # milliseconds
LOCATE_GOAL = (1.0, 0.3)


def _row(daemon, name, method, bodies, path, options):
    requests.write(path, [("", body) for body in bodies])
    results = [
        daemon.load("call", (1, 1), options.query_seconds, method=method, bodies=path) for _ in range(options.rounds)]
    p99 = measure.median(results, "p99_us")
    row = [name, milliseconds(measure.median(results, "p50_us")), milliseconds(p99),
           f"{measure.median(results, 'server_cpu_us_per_call'):.0f} µs"]
    return row, p99 / 1000


def run(options):
    rows, goals = [], []
    with safegrid.copied(safegrid.base("names", options.base), "names") as folder, safegrid.Daemon(folder) as daemon:
        worst = 0
        for name, texts in requests.searched_texts(ASKED, options.base).items():
            bodies = (requests.data(2, text) + requests.number(6, 20) for text in texts)
            row, p99 = _row(daemon, f"search: {name}", requests.SEARCH, bodies, f"{folder}.{len(rows)}", options)
            rows.append(row)
            worst = max(worst, p99)
        goals.append(Goal(
            f"search by a part of the name in {options.base:,}, p99 of the slowest kind", worst, *SEARCH_GOAL, "ms",
            is_less_better=True))
    count = min(CELLS, options.base // 10)
    with safegrid.copied(safegrid.base("cells", count), "cells") as folder, safegrid.Daemon(folder) as daemon:
        row, p99 = _row(
            daemon, "locate", requests.LOCATE, requests.points(ASKED, count), f"{folder}.points", options)
        rows.append(row)
        goals.append(Goal(f"locate a point among {count:,} cells, p99", p99, *LOCATE_GOAL, "ms", is_less_better=True))
    table = Table(
        f"Search among {options.base:,} names, and {count:,} cells, 1×1", ["", "p50", "p99", "the server's CPU"], rows,
        "Pages of 20. Measured at the client, the socket included.")
    return Outcome([table], goals)
