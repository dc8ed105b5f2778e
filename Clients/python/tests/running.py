"""A daemon of the test's own, with the sample's county in it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from safegrid import Client

sys.path.insert(0, str(Path(__file__).parent.parent / "samples"))

import basic as basic

DAEMON = os.environ.get("SAFEGRIDD")
TOOL = os.environ.get("SAFEGRID")
needs_daemon = unittest.skipUnless(DAEMON and TOOL, "SAFEGRIDD and SAFEGRID name no programs")
START_SECONDS = 60.0
"""A daemon is up in a tenth of a second; a machine that builds beside it takes longer."""


class Daemon:
    """safegridd on a Unix socket, a TCP port and a TLS port, with a test clock."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.folder = tempfile.TemporaryDirectory(prefix="safegrid-python-")
        self.unix = f"unix:{self.folder.name}/s.sock"
        self.tcp = ""
        self.tls = ""
        self.certificate = f"{self.folder.name}/certificate.pem"
        self.key = f"{self.folder.name}/key.pem"
        # It vouches for itself.
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"]
            + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", self.key, "-out", self.certificate],
            check=True,
            capture_output=True,
        )
        self.start()

    def start(self) -> None:
        """Starts it, or starts it again on the same data and the same Unix socket."""
        assert DAEMON is not None
        with open(f"{self.folder.name}/log", "ab") as log:
            self.process = subprocess.Popen(
                [DAEMON, "--data", f"{self.folder.name}/data", "--listen", self.unix, "--listen", "tcp://127.0.0.1:0"]
                + ["--listen", "tls://127.0.0.1:0", "--tls-certificate", self.certificate, "--tls-key", self.key]
                + ["--manual-clock", "--clock-start", "2026-03-02T08:30:00+08:00", *self.options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        if not ready.startswith("safegridd is ready on unix:"):
            self.stop(signal.SIGKILL)
            raise AssertionError(f"the daemon did not come up: {Path(self.folder.name, 'log').read_text()}")
        self.tcp, self.tls = ready.split()[-2:]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; answers its exit status."""
        self.process.send_signal(number)
        status = self.process.wait(START_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def freeze(self) -> None:
        """Stops it in the middle of whatever it does, until SIGCONT."""
        self.process.send_signal(signal.SIGSTOP)
        while Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        self.folder.cleanup()

    def tool(self, *arguments: str) -> str:
        """What the command line says."""
        assert TOOL is not None
        environment = {
            "SAFEGRID_CONNECT": self.unix,
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/nonexistent",
        }
        return subprocess.run(
            [TOOL, *arguments], env=environment, check=True, capture_output=True, text=True, timeout=START_SECONDS
        ).stdout


def started(test: unittest.TestCase) -> Daemon:
    """A daemon with the sample's county, which ends with the test."""
    daemon = Daemon()
    test.addCleanup(daemon.close)
    with Client.connect(daemon.unix) as grid:
        basic.set_up(grid)
    return daemon
