"""What is installed and built before anything is measured, and what the page says about the machine."""

import os
import pathlib
import platform
import shutil
import subprocess

BENCHMARKS = pathlib.Path(__file__).resolve().parents[1]
ROOT = BENCHMARKS.parents[1]
# On a disk: a tmpfs would make every sync free.
SCRATCH = pathlib.Path(os.environ.get("SAFEGRID_BENCH", "/tmp/bench-cache"))
TOOLS = SCRATCH / "tools"
SAFEGRIDD = ROOT / ".build/release/safegridd"
# The gate in CI builds only the daemon for release; the command line does the preparation alone.
_TOOLS = [ROOT / ".build/release/safegrid", ROOT / ".build/debug/safegrid"]
SAFEGRID = next((path for path in _TOOLS if path.exists()), _TOOLS[0])
ECHO_SERVER, CODEC, IDLC = (ROOT / ".build/release" / name for name in ("echo-server", "codec", "idlc"))
GRPC_SWIFT = BENCHMARKS / "grpc-swift/.build/release/grpc-swift-server"
SWIFT_PROTOBUF = BENCHMARKS / "protobuf-swift"

PACKAGES = [
    "build-essential", "pkg-config", "liblmdb-dev", "zlib1g-dev", "libsqlite3-dev",
    "redis-server", "redis-tools", "postgresql", "etcd-server",
    "libgrpc++-dev", "protobuf-compiler", "protobuf-compiler-grpc", "strace", "valgrind",
]


def say(text):
    print(text, flush=True)


def _run(command, **keywords):
    """Runs a step of the preparation; its output is shown only when it fails."""
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{result.stdout[-6000:]}")


def install():
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Status}\n"], capture_output=True, text=True).stdout
    installed = {line.split()[0] for line in known.splitlines() if line.endswith("install ok installed")}
    missing = [package for package in PACKAGES if package not in installed]
    if not missing:
        return
    say(f"installing {' '.join(missing)}")
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    # In run level 1 Debian's packages do not start their servers.
    environment = as_root + ["env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive"]
    _run(environment + ["apt-get", "update", "-qq"])
    _run(environment + ["apt-get", "install", "-y", "-qq", "--no-install-recommends"] + missing)


def build(groups):
    """What these groups need."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    say("building (release)")
    if set(groups) - {"codec", "size"}:
        for folder in ("load", "limits", "grpc"):
            _run(["make", "-s", "-C", BENCHMARKS / folder, f"OUT={TOOLS}"])
        _swift("build", "--package-path", BENCHMARKS / "grpc-swift")
    # `safegrid` brings `safegridd` with it.
    products = {"echo": ["echo-server"], "codec": ["codec", "idlc"], "size": ["codec", "idlc"]}
    for product in sorted({product for group in groups for product in products.get(group, ["safegrid"])}):
        _swift("build", "--package-path", ROOT, "--product", product)
    if {"codec", "size"} & set(groups):
        _build_swift_protobuf()


def _swift(*arguments):
    _run(["swift", arguments[0], "-c", "release", *arguments[1:]], env=os.environ | {"SAFEGRID_BENCHMARKS": "1"})


def _build_swift_protobuf():
    """The peer's code comes from the `.proto` that our compiler writes."""
    _swift("build", "--package-path", SWIFT_PROTOBUF, "--product", "protoc-gen-swift")
    files = [ROOT / "IDL" / path.name for path in sorted((ROOT / "IDL").glob("*.idl"))]
    _run([IDLC, "generate", "--language", "proto", "--output", TOOLS, *files])
    _run([
        "protoc", f"--plugin={SWIFT_PROTOBUF / '.build/release/protoc-gen-swift'}", f"--proto_path={TOOLS}",
        f"--swift_out={SWIFT_PROTOBUF / 'Sources/swift-protobuf-codec'}", "safegrid.proto"])
    _swift("build", "--package-path", SWIFT_PROTOBUF, "--product", "swift-protobuf-codec")


def clean():
    """Leaves the bases and the tools, and the logs of the last run."""
    for path in SCRATCH.glob("run-*"):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".log":
            path.unlink()


def _first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0].strip()
    except (OSError, IndexError):
        return "unknown"


def version(package):
    return _first_line("dpkg-query", "-W", "-f", "${Version}\n", package).split("+")[0]


def commit():
    name = _first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    dirty = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--porcelain", "--", "Sources", "IDL", "Package.swift"],
        capture_output=True, text=True).stdout.strip()
    return name + (" with changes" if dirty else "")


def description():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(open("/proc/meminfo").readline().split()[1]) >> 20
    disk = _first_line("findmnt", "-n", "-o", "FSTYPE", "-T", str(SCRATCH))
    return (
        f"{os.cpu_count()} × {cpu}, {memory} GiB, {disk}, Linux {platform.release()}; load generators on the same cores. "
        f"SafeGrid {commit()}, LMDB {version('liblmdb0')}, Redis {version('redis-server')}, "
        f"PostgreSQL {_first_line('psql', '--version').split()[2]}, etcd {version('etcd-server')}, "
        f"C++ gRPC {version('libgrpc++-dev')}, grpc-swift-2 2.4.3 with GRDB 7.10.0.")
