"""Runs of the load generators, and the medians of rounds."""

import json
import statistics
import subprocess

from .machine import TOOLS


class LoadFailed(Exception):
    pass


def _result(command, seconds, may_be_refused=False):
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=seconds + 120)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"{' '.join(map(str, command))}: took too long")
    # A generator that got through, but was refused something, ends with 1.
    if not done.stdout or done.returncode not in ((0, 1) if may_be_refused else (0,)):
        raise LoadFailed(f"{' '.join(map(str, command))}: {done.stdout[-300:]} {done.stderr[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def load_command(protocol, socket, work, shape, seconds, **options):
    connections, in_flight = shape
    command = [
        TOOLS / "load", "--protocol", protocol, "--socket", socket, "--work", work, "--connections", connections,
        "--in-flight", in_flight, "--seconds", seconds]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", value]
    return [str(word) for word in command]


def load(protocol, socket, work, shape, seconds, may_be_refused=False, **options):
    """One run of the C generator. shape: connections, calls in flight on each."""
    return _result(load_command(protocol, socket, work, shape, seconds, **options), seconds, may_be_refused)


def grpc(target, work, shape, seconds, base, server_pid):
    return _result([TOOLS / "grpc_client", target, work, *shape, seconds, base, server_pid], seconds)


def bare_lmdb(*arguments, seconds=60):
    return _result([TOOLS / "bare_lmdb", *arguments], seconds)


def median(results, field):
    return statistics.median(result[field] for result in results)


def spread(results, field):
    """Largest less smallest, as a share of the median."""
    values = [result[field] for result in results]
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0
