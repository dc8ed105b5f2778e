"""How long work goes on that nobody wants any more: from CANCEL to the STATUS that the handler's end brings."""

import sys
import time

from . import safegrid
from .machine import ROOT
from .outcome import Goal, Outcome, Table, milliseconds

sys.path.insert(0, str(ROOT / "Clients/python/src"))

from safegrid import Client, Empty, GridCode, RelayedHazard, WatchHazards  # noqa: E402  (found by the line above)
from safegrid.generated import services  # noqa: E402
from safegrid.generated.records import ReadJournal, SubmitHazard, VerifyJournal  # noqa: E402
from safegrid.retry import Attempts  # noqa: E402

COUNTY = GridCode("421222000000000")
CALLS = 50
GOAL_MS = (50, 10)


def run(options):
    with safegrid.copied(safegrid.base("hazards", options.base), "cancel") as folder, safegrid.Daemon(folder) as daemon:
        with Client.connect(f"unix:{daemon.socket}") as grid:
            after = grid.admin.status(Empty()).sequence
            work = {
                "a walk over the whole journal": (services.AUDIT_VERIFY, VerifyJournal()),
                "the journal as a stream that nobody reads": (services.AUDIT_READ, ReadJournal()),
                "a watch that waits": (services.HAZARD_WATCH, WatchHazards(holder=COUNTY, after_sequence=after)),
                "a stream of reports": (services.HAZARD_RELAY, None),
            }
            measured = {name: sorted(_cancel(grid, *call) for _ in range(CALLS)) for name, call in work.items()}
    rows = [
        [name, milliseconds(times[len(times) // 2]), milliseconds(times[-1])] for name, times in measured.items()]
    worst = max(times[-1] for times in measured.values()) / 1000
    table = Table(
        "From CANCEL to the handler's end", ["", "p50", f"the longest of {CALLS}"], rows,
        f"Over a Unix socket, with {options.base:,} hazards. The client is Python, whose part is in it.")
    return Outcome([table], [Goal("cancel to the handler's end, the longest", worst, *GOAL_MS, "ms", is_less_better=True)])


def _cancel(grid, method, request):
    """Microseconds."""
    attempts = Attempts(grid._memory, method, request)
    link, call = grid._open(attempts)
    if request is None:
        body = RelayedHazard(request_key=b"", hazard=SubmitHazard()).encode()
        for _ in range(100):
            link.send(call, body)
    # So that the daemon is at it.
    grid.admin.status(Empty())
    if call.is_ended:
        raise RuntimeError(f"{method.name} had ended before it was cancelled: the base is too small")
    began = time.perf_counter()
    link.abandon(call)
    if not link.wait(lambda: call.is_ended, time.monotonic() + 30):
        raise RuntimeError(f"{method.name} did not end")
    return (time.perf_counter() - began) * 1_000_000
