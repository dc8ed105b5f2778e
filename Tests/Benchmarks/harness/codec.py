"""Reading and writing one hazard record, against swift-protobuf; and how large the generated code is."""

import json
import re
import subprocess

from . import measure
from .machine import CODEC, IDLC, ROOT, SCRATCH, SWIFT_PROTOBUF
from .outcome import Goal, Outcome, Table

PEER = SWIFT_PROTOBUF / ".build/release/swift-protobuf-codec"
MUST, BEYOND = 5, 8


def run(options):
    path = SCRATCH / "run-codec.record"
    subprocess.run([CODEC, "write", path], check=True)
    results = {}
    for _ in range(options.rounds):
        for name, program in (("SafeGrid", CODEC), ("swift-protobuf", PEER)):
            done = subprocess.run(
                [program, "run", path, str(options.read_seconds)], check=True, capture_output=True, text=True)
            results.setdefault(name, []).append(json.loads(done.stdout))
    outcome, works = Outcome(), ("decode", "encode")
    time = {(name, work): measure.median(runs, f"{work}_ns") for name, runs in results.items() for work in works}
    rows = [[name, *(f"{time[name, work]:,.0f} ns" for work in works)] for name in results]
    ratio = {work: time["swift-protobuf", work] / time["SafeGrid", work] for work in works}
    rows.append(["swift-protobuf / SafeGrid", *(f"{ratio[work]:.1f} ×" for work in works)])
    size = results["SafeGrid"][0]["bytes"]
    outcome.tables.append(Table(
        f"A hazard record of {size} bytes, read and written", ["", *works], rows,
        "The same bytes, with two photos; swift-protobuf 1.39.0 from the .proto that idlc generates. One thread, whole-module "
        "optimisation on both sides."))
    for work in works:
        outcome.goals.append(Goal(f"{work} a hazard, swift-protobuf's time / SafeGrid's", ratio[work], MUST, BEYOND))
    return outcome


def _object_bytes(folder, name):
    """Code and constant data of object files, as they would stand in a program."""
    files = [str(path) for path in folder.glob(name)]
    if not files:
        raise RuntimeError(f"there is no {folder}/{name}")
    lines = subprocess.run(["size", "-B", *files], check=True, capture_output=True, text=True).stdout.splitlines()[1:]
    return sum(int(line.split()[0]) + int(line.split()[1]) for line in lines)


def size(options):
    check = subprocess.run(
        [IDLC, "check", *sorted(map(str, (ROOT / "IDL").glob("*.idl")))], check=True, capture_output=True, text=True)
    counted = re.search(r"safegrid: (\d+) records, .*?(\d+) errors", check.stdout + check.stderr)
    messages = int(counted.group(1)) + int(counted.group(2))
    ours = _object_bytes(ROOT / ".build/release/Records.build", "*.o")
    peer = _object_bytes(SWIFT_PROTOBUF / ".build/release/swift_protobuf_codec.build", "*.o")
    rows = [
        [name, f"{value / 1024:,.0f} KiB", f"{value / messages:,.0f}"]
        for name, value in (("SafeGrid, with tables and keys", ours), ("swift-protobuf", peer))]
    table = Table(
        f"Object code for {messages} messages", ["", "text and data", "bytes a message"], rows,
        "Of the module that holds the generated records: codec, limits, enums, tables, keys, indexes, labels.")
    return Outcome([table], [Goal("object code per message", ours / messages, 2048, 1024, "B", is_less_better=True)])
