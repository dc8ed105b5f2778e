"""The daemon, its command line, and the data folders that the measurements begin with."""

import contextlib
import datetime
import fcntl
import hashlib
import json
import shutil
import subprocess

from . import requests
from .machine import ROOT, SAFEGRID, SAFEGRIDD, SCRATCH, say
from .measure import load
from .process import Server, free_port

MAP_GIB = 64
ENTERPRISES_OF_A_COUNTY = 20_000


class Daemon(Server):
    def __init__(self, folder, *options):
        self.socket, self.port = str(folder) + ".sock", free_port()
        super().__init__(
            [SAFEGRIDD, "--data", folder, "--listen", f"unix:{self.socket}", "--listen", f"tcp://127.0.0.1:{self.port}", "--map-size", MAP_GIB, "--log-level",
             "info", *options], f"{folder}.log", ready="safegridd is ready")

    def cli(self, *arguments):
        done = subprocess.run(
            [SAFEGRID, "--connect", f"unix:{self.socket}", *arguments], capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise RuntimeError(f"safegrid {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout

    def call(self, method, body):
        return json.loads(self.cli("call", method, json.dumps(body)))

    def load(self, work, shape, seconds, **options):
        return load("gridwire", self.socket, work, shape, seconds, server_pid=self.pid, **options)

    def get(self, shape, seconds, base, is_tcp=False):
        place = self.port if is_tcp else self.socket
        return load(
            "gridwire", place, "get", shape, seconds, method=requests.GET, base=base, server_pid=self.pid)

    def submit(self, shape, seconds, bodies, **options):
        return self.load("submit", shape, seconds, method=requests.SUBMIT, bodies=bodies, **options)


def _import(daemon, what, path, header, lines):
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    daemon.cli("import", what, str(path))


def _grid(daemon, folder):
    """The example county, three cells in each village, and a member for each cell. Answers the cells."""
    daemon.cli("import", "divisions", str(ROOT / "Sources/Example/Data/tongcheng.csv"))
    cells = [village + ordinal for village in requests.villages() for ordinal in (1, 2, 3)]
    _import(daemon, "cells", folder.with_suffix(".cells"), "code,name", (f"{cell},网格{cell % 1000}" for cell in cells))
    _import(
        daemon, "people", folder.with_suffix(".people"), "id,name,role,grid",
        (f"{requests.member(cell)},网格员,grid_member,{cell}" for cell in cells))
    return cells


def _send(daemon, work, bodies, path, **options):
    requests.write(path, bodies)
    # One connection, so that what is imported keeps its order.
    return daemon.load(work, (1, 64), 600, bodies=path, **options)


def county(daemon, folder, enterprise_count):
    """The example county with a member for each cell, and enterprises; reports for the generator at `FOLDER.hazards`."""
    cells = _grid(daemon, folder)
    _send(daemon, "import", requests.enterprises(enterprise_count, cells), f"{folder}.import", method=requests.IMPORT)
    requests.write(f"{folder}.hazards", requests.hazards(65536, cells, enterprise_count))


def _submit(daemon, folder, count):
    daemon.submit((8, 32), 600, f"{folder}.hazards", calls=count)


def _make_ledger(folder, base):
    """Enterprises only: what point reads are made from."""
    with Daemon(folder) as daemon:
        county(daemon, folder, base)


def _make_hazards(folder, base):
    """Reports that are a few minutes old. The state was copied behind four fifths of them, as in a quiet moment."""
    with Daemon(folder) as daemon:
        county(daemon, folder, min(base, ENTERPRISES_OF_A_COUNTY))
        _submit(daemon, folder, base - base // 5)
        daemon.cli("verify")
        _submit(daemon, folder, base // 5)


def _make_late(folder, base):
    """The same in a test store, whose clock makes a twentieth of them late."""
    with Daemon(folder, "--manual-clock") as daemon:
        county(daemon, folder, min(base, ENTERPRISES_OF_A_COUNTY))
        _submit(daemon, folder, base // 20)
        for _ in range(3):
            daemon.call("Admin.advance_clock", {"milliseconds": str(86_400_000)})
        _submit(daemon, folder, base - base // 20)


def _make_names(folder, base):
    """Enterprises under names as various as a register's."""
    with Daemon(folder) as daemon:
        bodies = requests.enterprises(base, _grid(daemon, folder), requests.various)
        _send(daemon, "import", bodies, f"{folder}.hazards", method=requests.IMPORT)


def _make_cells(folder, count):
    """Cells in all villages, each with its area."""
    villages = requests.villages()
    cells = [villages[ordinal % len(villages)] + 1 + ordinal // len(villages) for ordinal in range(count)]
    with Daemon(folder) as daemon:
        daemon.cli("import", "divisions", str(ROOT / "Sources/Example/Data/tongcheng.csv"))
        _import(daemon, "cells", folder.with_suffix(".cells"), "code,name", (f"{cell},网格" for cell in cells))
        _import(
            daemon, "boundaries", folder.with_suffix(".boundaries"), "code,boundary",
            (f'{cell},"{requests.boundary(ordinal, count)}"' for ordinal, cell in enumerate(cells)))
    folder.with_suffix(".hazards").touch()


MAKERS = {
    "ledger": _make_ledger, "hazards": _make_hazards, "late": _make_late, "names": _make_names, "cells": _make_cells}


def _fingerprint():
    """Bases are made anew each day, because terms run out, and whenever what is stored may have changed."""
    digest = hashlib.sha256(datetime.date.today().isoformat().encode())
    for folder in ("IDL", "Sources/Domain", "Sources/Store", "Sources/Journal", "Sources/Engine", "Tests/Benchmarks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".idl", ".swift") or path.name in ("requests.py", "safegrid.py"):
                if ".build" not in path.parts:
                    digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def base(kind, count):
    """A folder that is made once and kept. Nobody writes to it."""
    folder = SCRATCH / f"{kind}-{count}-{_fingerprint()}"
    if not (folder / "mark").exists() or not folder.with_suffix(".done").exists():
        for old in SCRATCH.glob(f"{kind}-{count}-*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        say(f"making {count:,} {kind}")
        MAKERS[kind](folder, count)
        folder.with_suffix(".done").touch()
    return folder


@contextlib.contextmanager
def copied(folder, name):
    """A copy of a base, to be written to and thrown away. Yields its path; its bodies stand at `PATH.hazards`."""
    copy = SCRATCH / f"run-{name}"
    remove(copy)
    subprocess.run(["cp", "-r", "--reflink=auto", str(folder), str(copy)], check=True)
    shutil.copy(f"{folder}.hazards", f"{copy}.hazards")
    subprocess.run(["sync", "-f", str(SCRATCH)], check=True)
    try:
        yield copy
    finally:
        remove(copy)


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
    for file in path.parent.glob(path.name + ".*"):
        if file.suffix != ".log":
            file.unlink()


@contextlib.contextmanager
def exclusive():
    """One benchmark at a time on a machine."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with open(SCRATCH / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another benchmark is using {SCRATCH}")
        yield
