"""Counts the daemon's user instructions for a read and for a submission with callgrind: no noise moves them."""

import json
import os
import re
import subprocess
import time

from . import requests, safegrid
from .machine import BENCHMARKS, SAFEGRIDD, SCRATCH
from .measure import load
from .outcome import Goal, Outcome, Table
from .process import Server

LIMITS = BENCHMARKS / "instructions.json"
SHAPES = {"get": (16, 16), "get 16×1": (16, 1), "submit": (16, 16)}
ENTERPRISES = 5000


class Counted(Server):
    """A server under callgrind. Instructions are counted between two calls of `dump`."""

    def __init__(self, program, arguments, folder, ready):
        self.dumps, self.folder = 0, folder
        for old in folder.parent.glob(folder.name + ".callgrind*"):
            old.unlink()
        # Valgrind 3.19 does not understand Swift's debugging information.
        stripped = SCRATCH / f"{program.name}-without-debugging"
        subprocess.run(["strip", "-g", "-o", stripped, program], check=True)
        shim = SCRATCH / "sigsuspend.so"
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", shim, BENCHMARKS / "callgrind/sigsuspend.c"], check=True)
        super().__init__(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}.callgrind",
             stripped, *arguments],
            f"{folder}.log", ready=ready, environment=os.environ | {"LD_PRELOAD": str(shim)})

    def _control(self, *words):
        subprocess.run(
            ["callgrind_control", *words, str(self.pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=60)

    def begin(self):
        self._control("--instr=on")

    def dump(self):
        """Instructions since the last dump."""
        self.dumps += 1
        self._control("--dump")
        path = self.folder.with_name(f"{self.folder.name}.callgrind.{self.dumps}")
        for _ in range(100):
            found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.M) if path.exists() else None
            if found:
                return int(found.group(1))
            time.sleep(0.1)
        raise RuntimeError(f"{path} was not written")


    def per_call(self, ask, calls):
        """What 2 N calls take more than N, so that connecting and starting are left out."""
        ask(calls)  # what is done only once
        self.dump()
        ask(calls)
        once = self.dump()
        ask(2 * calls)
        return round((self.dump() - once) / calls)


def count(calls):
    """Instructions per call."""
    folder = SCRATCH / "run-callgrind"
    safegrid.remove(folder)
    with safegrid.Daemon(folder) as daemon:
        safegrid.county(daemon, folder, ENTERPRISES)
    result = {}
    socket = f"{folder}.sock"
    arguments = ["--data", folder, "--listen", f"unix:{socket}", "--map-size", "1"]
    with Counted(SAFEGRIDD, arguments, folder, "safegridd is ready") as daemon:
        daemon.begin()
        for name, shape in SHAPES.items():
            def ask(times):
                if name == "submit":
                    options = {"method": requests.SUBMIT, "bodies": f"{folder}.hazards"}
                else:
                    options = {"method": requests.GET, "base": ENTERPRISES}
                load("gridwire", socket, name.split()[0], shape, 600, calls=times, **options)

            result[name] = daemon.per_call(ask, calls)
    safegrid.remove(folder)
    return result


def limits():
    return json.loads(LIMITS.read_text())


def run(options):
    counted = count(options.callgrind_calls)
    rows = [[name, f"{value:,}", f"{limits()[name]:,}" if name in limits() else ""] for name, value in counted.items()]
    table = Table(
        "User instructions per call (callgrind)", ["", "instructions", "gate"], rows,
        f"A base of {ENTERPRISES:,} enterprises. SHA-256 runs without the processor's own instructions under callgrind.")
    return Outcome(
        [table], [Goal("user instructions per get, 16×16", counted["get"], 5000, 3500, "", is_less_better=True)])
