"""What a user might take instead, and the limits: each is started in a scratch folder and made durable on every reply."""

import getpass
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time

from .machine import BENCHMARKS, GRPC_SWIFT, SCRATCH, TOOLS
from .measure import bare_lmdb, grpc, load
from .process import Server, free_port, wait_until
from .safegrid import remove


def _scratch(name):
    folder = SCRATCH / f"run-{name}"
    remove(folder)
    folder.mkdir(parents=True)
    return folder


class Redis(Server):
    """One serving thread; the append-only file is synced before each reply. Never rewritten while it is measured."""

    name = "Redis"

    def __init__(self, base):
        folder, self.base = _scratch("redis"), base
        self.socket, self.port = str(folder / "redis.sock"), free_port()
        super().__init__(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", self.socket, "--dir", folder, "--save", "",
             "--appendonly", "no", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
             "--enable-debug-command", "yes", "--busy-reply-threshold", "0"], f"{folder}.log")
        wait_until(lambda: self._ask("PING") == "PONG", 20, "redis")
        self._fill()

    def _ask(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.socket, *map(str, words)], capture_output=True, text=True)
        return done.stdout.strip()

    def _fill(self):
        for prefix in ("e", "h"):
            self._ask("DEBUG", "POPULATE", self.base + 1, prefix, 400)
        # Six sorted sets with an entry for each row, as a submission adds to them.
        script = """
            math.randomseed(ARGV[1])
            for i = ARGV[1], ARGV[2] do
              redis.call('ZADD', 'timers', i, i) redis.call('ZADD', 'request', i, i)
              redis.call('ZADD', 'enterprise', math.random(20000), i)
              for _, name in ipairs({'number', 'open', 'worklist'}) do
                redis.call('ZADD', name, math.random(566) * 1099511627776 + i, i)
              end
            end"""
        for first in range(1, self.base + 1, 50_000):
            self._ask("EVAL", script, 0, first, min(first + 49_999, self.base))
        if self._ask("ZCARD", "open") != str(self.base):
            raise RuntimeError("redis was not filled")
        self._ask("CONFIG", "SET", "appendonly", "yes")
        wait_until(lambda: "aof_rewrite_in_progress:0" in self._ask("INFO", "persistence"), 120, "redis: AOF")
        wait_until(lambda: "aof_rewrite_scheduled:0" in self._ask("INFO", "persistence"), 120, "redis: AOF")

    def get(self, shape, seconds, is_tcp=False):
        place = self.port if is_tcp else self.socket
        return load("resp", place, "get", shape, seconds, base=self.base, server_pid=self.pid)

    def submit(self, shape, seconds):
        return load("resp", self.socket, "submit", shape, seconds, server_pid=self.pid)


class PostgreSQL(Server):
    """The same row, as many indexes, prepared statements, one connection for each call in flight (pgbench)."""

    name = "PostgreSQL"
    CONFIGURATION = """
        listen_addresses = ''
        max_connections = 300
        shared_buffers = 2GB
        max_wal_size = 16GB
        checkpoint_timeout = 15min
        """

    def __init__(self, base):
        folder = _scratch("postgresql")
        self.bin = sorted(path for path in os.scandir("/usr/lib/postgresql"))[-1].path + "/bin"
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        self.prefix = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"] if os.geteuid() == 0 else []
        if self.prefix:
            shutil.chown(folder, self.user, self.user)
        self.data, self.socket_folder = folder / "data", str(folder)
        self._tool("initdb", "-D", self.data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--no-sync")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(self.CONFIGURATION + f"unix_socket_directories = '{folder}'\n")
        super().__init__([*self.prefix, f"{self.bin}/postgres", "-D", str(self.data)], f"{folder}.log")
        wait_until(lambda: self._try("pg_isready", "-h", self.socket_folder), 30, "postgresql")
        self._tool("psql", "-h", self.socket_folder, "-U", "bench", "-d", "postgres", "-q", "-v", f"base={base}",
                   "-f", BENCHMARKS / "postgresql/schema.sql")

    def _command(self, tool, words):
        return [*self.prefix, f"{self.bin}/{tool}", *map(str, words)]

    def _try(self, tool, *words):
        return subprocess.run(self._command(tool, words), capture_output=True, cwd="/").returncode == 0

    def _tool(self, tool, *words):
        done = subprocess.run(self._command(tool, words), capture_output=True, text=True, cwd="/", timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"{tool}: {done.stderr[-2000:]}")
        return done.stdout

    def submit(self, shape, seconds):
        # A connection of PostgreSQL does one thing at a time.
        clients = shape[0] * shape[1]
        text = self._tool(
            "pgbench", "-n", "-M", "prepared", "-c", clients, "-j", 1, "-T", max(3, round(seconds)),
            "-f", BENCHMARKS / "postgresql/submit.sql", "-h", self.socket_folder, "-U", "bench", "postgres")
        per_second = float(re.search(r"^tps = ([0-9.]+)", text, re.M).group(1))
        failed = int(re.search(r"failed transactions: (\d+)", text).group(1))
        if failed:
            raise RuntimeError(f"pgbench: {failed} transactions failed")
        return {"per_second": per_second}


class Etcd(Server):
    """A cluster of one, on the loopback interface, begun empty: that favours it. A submission is one transaction."""

    name = "etcd"

    def __init__(self):
        folder, client, peer = _scratch("etcd"), free_port(), free_port()
        self.target = f"127.0.0.1:{client}"
        urls = [f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"]
        super().__init__(
            ["etcd", "--data-dir", folder / "data", "--listen-client-urls", urls[0], "--advertise-client-urls", urls[0],
             "--listen-peer-urls", urls[1], "--initial-advertise-peer-urls", urls[1],
             "--initial-cluster", f"default={urls[1]}", "--quota-backend-bytes", str(8 << 30), "--log-level", "error"],
            f"{folder}.log")
        wait_until(self._is_listening, 30, "etcd")
        time.sleep(2)  # it elects itself

    def _is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.target.split(":")[1]))) == 0

    def submit(self, shape, seconds):
        return grpc(self.target, "etcd", shape, seconds, 1, self.pid)


class Grpc(Server):
    """C++ gRPC over bare LMDB."""

    name = "C++ gRPC"

    def __init__(self, records, base, is_tcp=True):
        folder, self.base = _scratch("grpc"), base
        self.target = f"127.0.0.1:{free_port()}" if is_tcp else f"unix:{folder}/socket"
        super().__init__([TOOLS / "grpc_server", self.target, records], f"{folder}.log", ready="ready")

    def get(self, shape, seconds, is_tcp=True):
        return grpc(self.target, "get", shape, seconds, self.base, self.pid)

    def echo(self, shape, seconds):
        return grpc(self.target, "echo", shape, seconds, self.base, self.pid)


class GrpcSwift(Server):
    """grpc-swift-2 in front of SQLite."""

    name = "grpc-swift-2"

    def __init__(self, base, is_tcp=True):
        folder, self.base = _scratch("grpc-swift"), base
        place, database = free_port() if is_tcp else f"{folder}/socket", folder / "ledger.sqlite"
        self.target = f"127.0.0.1:{place}" if is_tcp else f"unix:{place}"
        connection = sqlite3.connect(database)
        connection.executescript((BENCHMARKS / "grpc-swift/schema.sql").read_text())
        row = bytes(400)
        connection.executemany("INSERT INTO records VALUES (?, ?)", ((index, row) for index in range(1, base + 1)))
        connection.commit()
        connection.close()
        super().__init__([GRPC_SWIFT, place, database], f"{folder}.log", ready="ready")

    def get(self, shape, seconds, is_tcp=True):
        return grpc(self.target, "get", shape, seconds, self.base, self.pid)

    def submit(self, shape, seconds):
        return grpc(self.target, "submit", shape, seconds, self.base, self.pid)

    def echo(self, shape, seconds):
        return grpc(self.target, "echo", shape, seconds, self.base, self.pid)


def lmdb_records(base):
    """A bare LMDB file of records, made once."""
    folder = SCRATCH / f"lmdb-{base}"
    if not folder.with_suffix(".done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([TOOLS / "bare_lmdb", "fill", folder, str(base)], check=True)
        folder.with_suffix(".done").touch()
    return folder


class Reference(Server):
    """An epoll loop in C: echo, or a get from bare LMDB."""

    def __init__(self, work, records=None, base=1):
        self.base = base
        self.name = "C, epoll and LMDB" if records else "C, epoll echo"
        self.socket = str(_scratch(f"reference-{work}") / "socket")
        super().__init__(
            [TOOLS / "reference_server", self.socket, work, *([records] if records else [])], f"{self.socket}.log",
            ready="ready")

    def get(self, shape, seconds):
        return load("raw", self.socket, "get", shape, seconds, base=self.base, server_pid=self.pid)


def bare_submit(batch, seconds, mode):
    folder = _scratch("bare")
    result = bare_lmdb("submit", folder, batch, seconds, mode)
    remove(folder)
    return result


def bare_sync(seconds):
    result = bare_lmdb("sync", _scratch("bare") / "file", seconds)
    remove(SCRATCH / "run-bare")
    return result
