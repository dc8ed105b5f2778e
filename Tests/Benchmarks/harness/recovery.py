"""Starts after a kill and after a power cut, and memory."""

import re
import shutil
import statistics
import subprocess
import time

from . import measure, requests, safegrid
from .machine import SCRATCH
from .outcome import Goal, Outcome, Table


def run(options):
    kills = _kill_under_load(options)
    with safegrid.copied(safegrid.base("hazards", options.base), "power") as folder:
        from_copy = _power_cut(folder)
        for name in (folder / "copies").iterdir():
            name.unlink()
        from_nothing = _power_cut(folder)
    rows = [
        ["SIGKILL under full load", f"{statistics.median(k['seconds'] for k in kills):.2f} s",
         f"{statistics.median(k['redone'] for k in kills):,.0f}", ""],
        [f"power cut at {options.base:,} hazards, from the newest copy", f"{from_copy['seconds']:.2f} s",
         f"{from_copy['redone']:,}", ""],
        ["the same without any copy: all of the journal", f"{from_nothing['seconds']:.2f} s",
         f"{from_nothing['redone']:,}", f"{from_nothing['redone'] / from_nothing['seconds']:,.0f}/s"],
    ]
    rate = from_nothing["redone"] / from_nothing["seconds"] / 1000
    return Outcome(
        [Table("Start to readiness", ["", "time", "entries redone", "rate"], rows,
               "A power cut is a mark with another boot's id: the state is not trusted, and made again. The page cache is "
               "warm, which a machine that starts has not. The rate includes the start of the process.")],
        [Goal("recovery after SIGKILL under full load", statistics.median(k["seconds"] for k in kills), 2, 0.5, "s",
              is_less_better=True),
         Goal("recovery after a power cut", from_copy["seconds"], 60, 15, "s", is_less_better=True),
         Goal("rate of redo", rate, 100, 300, "k/s")])


def _start(folder):
    """Starts a daemon on a folder that was left in a hurry, and ends it in the same way."""
    daemon = safegrid.Daemon(folder)
    daemon.kill()
    log = daemon.log_path.read_text(errors="replace")
    return {"seconds": daemon.seconds_to_ready, "redone": int(re.search(r"redone=(\d+)", log).group(1))}


def _kill_under_load(options):
    results = []
    for _ in range(options.kills):
        with safegrid.copied(safegrid.base("hazards", options.base), "kill") as folder:
            daemon = safegrid.Daemon(folder)
            load = subprocess.Popen(
                measure.load_command(
                    "gridwire", daemon.socket, "submit", (16, 16), 30, method=requests.SUBMIT, bodies=f"{folder}.hazards"),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(min(5, 2 + options.write_seconds))
            daemon.kill()
            load.wait(60)
            results.append(_start(folder))
    return results


def _power_cut(folder):
    mark = folder / "mark"
    lines = mark.read_text().splitlines()
    mark.write_text("\n".join(["boot 00000000-0000-0000-0000-000000000000", lines[1], "open"]) + "\n")
    return _start(folder)


def memory(options):
    folder = SCRATCH / "run-memory"
    safegrid.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)
    with safegrid.Daemon(folder) as daemon:
        time.sleep(2)
        idle = daemon.memory_mib()
        clients = subprocess.Popen(
            measure.load_command("gridwire", daemon.socket, "idle", (1000, 1), 4), stdout=subprocess.DEVNULL)
        time.sleep(3)
        connected = daemon.memory_mib()
        clients.wait(30)
    safegrid.remove(folder)
    rows = [["idle, empty store", f"{idle:.1f} MiB"], ["with 1,000 idle connections", f"{connected:.1f} MiB"]]
    return Outcome(
        [Table("Resident memory", ["", "VmRSS"], rows)],
        [Goal("memory, idle daemon, empty store", idle, 30, 15, "MiB", is_less_better=True),
         Goal("memory with 1,000 idle connections", connected, 80, 40, "MiB", is_less_better=True)])
