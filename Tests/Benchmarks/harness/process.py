"""Servers: started in a scratch folder of their own, stopped by their process id, held still while others are measured."""

import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import time


class ServerFailed(Exception):
    pass


class Server:
    """A process, and the group of processes that it starts."""

    def __init__(self, command, log, ready=None, environment=None):
        self.log_path = pathlib.Path(log)
        self.log = open(log, "wb")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE if ready else self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, start_new_session=True, env=environment)
        self.pid = self.process.pid
        if ready:
            self._wait_for(ready)

    def _wait_for(self, text, seconds=300):
        """Until the line is printed that says so."""
        end, seen = time.monotonic() + seconds, b""
        while text.encode() not in seen:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                self.stop()
                raise ServerFailed(f"not ready: {self.log_path.read_text(errors='replace')[-2000:]}")
            seen += chunk
        self.seconds_to_ready = time.monotonic() - self.began

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self):
        """Ends it at once, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self, seconds=60):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def memory_mib(self):
        """Resident memory."""
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise ServerFailed("no VmRSS")


@contextlib.contextmanager
def alone(server, others):
    """Holds the others still, so that their background work falls into their own measurements."""
    held = [other for other in others if other is not server]
    for other in held:
        other.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for other in held:
            other.signal(signal.SIGCONT)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ServerFailed(f"{what}: not within {seconds} s")
        time.sleep(0.1)
