"""The vectors in IDL/conformance, whose README says what their members mean."""

import importlib.util
import json
import socket
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

from running import Daemon, needs_daemon
from safegrid.errors import ProtocolError, RecordError
from safegrid.frames import MAGIC, Frame, FrameReader, FrameType, encode_frame, split_head
from safegrid.generated import gridwire, records

FOLDER = Path(__file__).parents[3] / "IDL" / "conformance"


def shapes() -> ModuleType:
    """Records of unions and maps, which no service has yet; generated like those of the package."""
    name = "safegrid.generated.shapes"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "generated" / "shapes.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


@unittest.skipUnless(FOLDER.exists(), "IDL/conformance is not beside the client")
class Conformance(unittest.TestCase):
    def test_messages(self) -> None:
        modules = {"gridwire": gridwire, "safegrid": records, "shapes": shapes()}
        tried = 0
        for case in cases("messages.json"):
            if "hex" not in case:
                continue
            package, name = case["record"].split(".")
            cls = getattr(modules[package], name)
            with self.subTest(case["name"]):
                tried += 1
                data = bytes.fromhex(case["hex"])
                if "refused" in case:
                    with self.assertRaises(RecordError) as caught:
                        cls.decode(data)
                    self.assertEqual(caught.exception.path, case["refused"])
                else:
                    canonical = case.get("canonical", case["hex"])
                    self.assertEqual(cls.decode(data).encode().hex(), canonical)
                    self.assertEqual(cls.decode(bytes.fromhex(canonical)).encode().hex(), canonical)
        self.assertGreater(tried, 330)

    def test_frames(self) -> None:
        for case in cases("frames.json"):
            data = bytes.fromhex(case["hex"])
            whole, bytewise = [data], [bytes([byte]) for byte in data]
            for pieces in [whole, bytewise] + [[data[:cut], data[cut:]] for cut in range(len(data))]:
                with self.subTest(case["name"], pieces=len(pieces)):
                    frames, is_refused = self.read(pieces, case)
                    self.assertEqual(frames, case["frames"])
                    self.assertEqual(is_refused, "refused" in case)

    def read(self, pieces: list[bytes], case: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        reader = FrameReader(frame_bytes_max=case.get("frameBytesMax", 65_536))
        reader.has_checksum = case.get("checksum", True)
        frames: list[dict[str, Any]] = []
        try:
            for piece in pieces:
                for one in reader.read(piece):
                    payload = one.payload.hex()
                    frames.append({"type": one.type, "flags": one.flags, "stream": one.stream, "payload": payload})
        except ProtocolError:
            return frames, True
        return frames, False


PATIENCE_SECONDS = 30.0
"""An answer takes a millisecond; a machine that builds beside it takes longer."""


class Wire:
    """One connection of a script."""

    def __init__(self, endpoint: str) -> None:
        if endpoint.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(endpoint.removeprefix("unix:"))
        else:
            host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.reader = FrameReader()
        self.frames: list[Frame] = []
        self.is_over = False

    def send(self, data: bytes) -> None:
        # A server that has hung up already is the script's matter.
        try:
            self.socket.sendall(data)
        except OSError:
            self.is_over = True

    def take(self, wanted: Any) -> Frame | None:
        """The first frame that is wanted; None when the server hangs up without one."""
        while True:
            for index, frame in enumerate(self.frames):
                if wanted(frame):
                    return self.frames.pop(index)
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            for frame in self.reader.read(data):
                self.frames.append(frame)
                if frame.type == FrameType.HELLO_OK:
                    self.reader.has_checksum = not gridwire.HelloOk.decode(frame.payload).waive_checksum


@needs_daemon
@unittest.skipUnless(FOLDER.exists(), "IDL/conformance is not beside the client")
class Calls(unittest.TestCase):
    """Each script on a connection of its own, all of them on one store; then the same on TCP."""

    HELLO = gridwire.Hello(
        version_min=1,
        version_max=1,
        frame_bytes_max=65_536,
        message_bytes_max=4 << 20,
        stream_credit=1 << 20,
        connection_credit=8 << 20,
    )

    def test_calls_on_a_unix_socket(self) -> None:
        self.run_all("unix")

    def test_calls_on_tcp(self) -> None:
        self.run_all("tcp")

    def run_all(self, transport: str) -> None:
        daemon = Daemon()
        self.addCleanup(daemon.close)
        for case in cases("calls.json"):
            if case.get("only", transport) == transport:
                with self.subTest(case["name"]):
                    self.run_script(case, Wire(getattr(daemon, transport)))

    def run_script(self, case: dict[str, Any], wire: Wire) -> None:
        self.addCleanup(wire.socket.close)
        if case.get("handshake", True):
            wire.send(MAGIC + encode_frame(FrameType.HELLO, self.HELLO.encode()))
            self.assertIsNotNone(wire.take(lambda frame: frame.type == FrameType.HELLO_OK))
        for step in case["script"]:
            if "send" in step:
                wire.send(bytes.fromhex(step["send"]) + bytes(step.get("zeros", 0)))
            else:
                self.expect(wire, *next(iter(step.items())))
        if not wire.is_over:
            left_over = [frame for frame in wire.frames if frame.type != FrameType.CREDIT]
            self.assertEqual(left_over, [], "nothing was said that the script does not know")

    def expect(self, wire: Wire, kind: str, wanted: Any) -> None:
        match kind:
            case "frame":
                names = {"type", "flags", "stream"} & wanted.keys()
                frame = wire.take(lambda one: all(getattr(one, name) == wanted[name] for name in names))
                assert frame is not None, wanted
                self.assertEqual(wanted.get("payload", frame.payload.hex()), frame.payload.hex())
            case "pong":
                frame = wire.take(lambda one: one.type == FrameType.PONG)
                assert frame is not None, "the server hung up"
                self.assertEqual(frame.payload.hex(), wanted)
            case "message":

                def fits(one: Frame) -> bool:
                    if (one.type, one.stream, one.flags) != (FrameType.DATA, wanted["stream"], 0):
                        return False
                    body = one.payload.hex()
                    return body.startswith(wanted["bodyBegins"]) and wanted["bodyHolds"] in body

                self.assertIsNotNone(wire.take(fits), f"no such message: {wanted}")
            case "status":
                self.expect_status(wire, wanted)
            case "goaway":
                frame = wire.take(lambda one: one.type == FrameType.GOAWAY)
                assert frame is not None, "the server hung up without a word"
                self.assertEqual(gridwire.GoAway.decode(frame.payload).code, wanted)
                self.assertIsNone(wire.take(lambda one: True), "nothing follows")
                wire.is_over = True
            case "goingAway":
                frame = wire.take(lambda one: one.type == FrameType.GOAWAY)
                assert frame is not None, "the server hung up"
                farewell = gridwire.GoAway.decode(frame.payload)
                self.assertEqual((farewell.code, farewell.last_stream), (0, wanted["lastStream"]))
            case "hangup":
                self.assertIsNone(wire.take(lambda one: True), "nothing is said")
                wire.is_over = True
            case _:
                self.fail(f"the script has an unknown step {kind}")

    def expect_status(self, wire: Wire, wanted: dict[str, Any]) -> None:
        stream, parts = wanted["stream"], b""
        while True:
            frame = wire.take(lambda one: one.stream == stream and one.type in (FrameType.STATUS, FrameType.DATA))
            assert frame is not None, f"the server hung up: {wanted}"
            if frame.type == FrameType.STATUS:
                break
            self.assertTrue(wanted.get("parts"), f"a message that the script does not know: {frame}")
            parts += frame.payload
        head, body = split_head(frame.payload)
        status = gridwire.Status.decode(head)
        found = {
            "stream": stream,
            "code": status.code,
            "outcome": status.outcome,
            "error": status.error,
            "body": (parts + body).hex(),
            "retry": status.retry_after_ms is not None,
            "parts": bool(parts),
        }
        begins = wanted.get("bodyBegins", "")
        self.assertEqual({**found, **{k: v for k, v in wanted.items() if k != "bodyBegins"}}, found, status.message)
        self.assertEqual(found["body"][: len(begins)], begins, status.message)


if __name__ == "__main__":
    unittest.main()
