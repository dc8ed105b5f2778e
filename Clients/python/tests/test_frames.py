"""Frames: the bytes of PROTOCOL.md, streams cut at every position, and what is refused."""

import re
import unittest
from pathlib import Path

from safegrid import ProtocolError
from safegrid.checksum import crc32c
from safegrid.frames import END, MORE, Frame, FrameReader, FrameType, encode_frame, join_head, split_head
from safegrid.generated.gridwire import Open, Status

PROTOCOL = Path(__file__).parents[3] / "IDL" / "PROTOCOL.md"


class Documented(unittest.TestCase):
    def test_the_checksum_of_the_standard(self) -> None:
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(crc32c(b"6789", crc32c(b"12345")), 0xE3069283)
        self.assertEqual(crc32c(bytes(32)), 0x8A9136AA)

    @unittest.skipUnless(PROTOCOL.exists(), "PROTOCOL.md is not beside the client")
    def test_the_example(self) -> None:
        text = PROTOCOL.read_text(encoding="utf-8").split("### An example")[1].split("```")[1]
        lines = [re.match(r"((?:[0-9a-f]{2} *)*)", line) for line in text.strip().splitlines()]
        data = [bytes.fromhex(line[1]) for line in lines if line]
        head = Open(method=7 * 256 + 4, timeout_us=5_000_000)
        opened = encode_frame(FrameType.OPEN, join_head(head.encode(), b""), stream=1, flags=END)
        self.assertEqual(opened, data[0] + data[1] + data[2])
        frame = next(FrameReader().read(opened))
        self.assertEqual(frame, Frame(FrameType.OPEN, END, 1, join_head(head.encode(), b"")))
        self.assertEqual(Open.decode(split_head(frame.payload)[0]), head)
        status = next(line for line in data if line[:2] == b"\x02\x00" and len(line) == 2)
        self.assertEqual(split_head(status + Status(sequence=2).encode() + b"x"), (b"\x18\x02", b"x"))


class Cuts(unittest.TestCase):
    frames = [
        Frame(FrameType.PING, 0, 0, b"12345678"),
        Frame(FrameType.DATA, MORE, 5, bytes(range(200))),
        Frame(FrameType.DATA, 0, 5, b""),
        Frame(FrameType.STATUS, END, 5, join_head(b"\x18\x02", b"")),
    ]

    def test_cut_at_every_position(self) -> None:
        for has_checksum in [True, False]:
            data = b"".join(encode_frame(f.type, f.payload, f.stream, f.flags, has_checksum) for f in self.frames)
            for cut in range(len(data) + 1):
                reader = FrameReader()
                reader.has_checksum = has_checksum
                self.assertEqual([*reader.read(data[:cut]), *reader.read(data[cut:])], self.frames)

    def test_byte_by_byte(self) -> None:
        data = b"".join(encode_frame(f.type, f.payload, f.stream, f.flags) for f in self.frames)
        reader = FrameReader()
        self.assertEqual([f for byte in data for f in reader.read(bytes([byte]))], self.frames)

    def test_every_wrong_bit_is_noticed(self) -> None:
        data = encode_frame(FrameType.PONG, b"payload", 3)
        for position in range(len(data) * 8):
            wrong = bytearray(data)
            wrong[position // 8] ^= 1 << position % 8
            # A longer length waits for bytes that do not come; all else is refused.
            try:
                self.assertEqual(list(FrameReader().read(bytes(wrong))), [])
                self.assertLess(position, 32)
            except ProtocolError:
                pass


class Refused(unittest.TestCase):
    def refusal(self, data: bytes, has_checksum: bool = True) -> str:
        reader = FrameReader(frame_bytes_max=64)
        reader.has_checksum = has_checksum
        with self.assertRaises(ProtocolError) as caught:
            list(reader.read(data))
        return str(caught.exception)

    def test_headers(self) -> None:
        self.assertIn("exceeds the limit of 64", self.refusal(encode_frame(FrameType.DATA, bytes(65))))
        self.assertIn("type 11", self.refusal(bytes([0, 0, 0, 0, 11, 0, 0, 0]) + bytes(8)))
        self.assertIn("reserved", self.refusal(bytes([0, 0, 0, 0, 4, 4, 0, 0]) + bytes(8)))
        self.assertIn("reserved", self.refusal(bytes([0, 0, 0, 0, 4, 0, 1, 0]) + bytes(8)))
        self.assertIn("checksum", self.refusal(encode_frame(FrameType.DATA, b"", has_checksum=False)))
        # Waived, it must be 0.
        self.assertIn("checksum", self.refusal(encode_frame(FrameType.DATA, b""), has_checksum=False))

    def test_heads(self) -> None:
        for payload in [b"", b"\x00", b"\x02\x00a"]:
            with self.assertRaises(ProtocolError):
                split_head(payload)
