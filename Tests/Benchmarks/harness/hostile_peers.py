"""Peers that mean harm, one kind in a process: python3 -m harness.hostile_peers KIND SOCKET SECONDS.

Each kind has a pace, so that what it costs the daemon is measured and not what it costs the machine to make it. At the end
it prints how often it did its harm, as JSON.
"""

import json
import os
import random
import socket
import struct
import sys
import time

from .machine import ROOT

sys.path.insert(0, str(ROOT / "Clients/python/src"))

from safegrid.frames import END, MAGIC, FrameReader, FrameType, encode_frame, join_head  # noqa: E402
from safegrid.generated import services  # noqa: E402
from safegrid.generated.gridwire import Cancel, Hello, HelloOk, Open  # noqa: E402
from safegrid.generated.records import ReadJournal  # noqa: E402

TICK_SECONDS = 0.01
HELLO = MAGIC + encode_frame(
    FrameType.HELLO,
    Hello(
        version_min=1, version_max=1, frame_bytes_max=65_536, message_bytes_max=4 << 20, stream_credit=1 << 40,
        connection_credit=1 << 40, client="hostile", waive_checksum=True).encode())


class Peer:
    """A connection that never waits for the daemon once it is greeted."""

    def __init__(self, path, greets=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.stream = 1
        if greets:
            self.send(HELLO)
            reader = FrameReader()
            while not any(frame.type == FrameType.HELLO_OK for frame in reader.read(self.socket.recv(65536))):
                pass
        self.socket.setblocking(False)

    def send(self, data):
        """Whether all of it went out."""
        try:
            return self.socket.send(data) == len(data)
        except BlockingIOError:
            return False

    def drop_replies(self):
        """Whether the daemon is still there."""
        try:
            while data := self.socket.recv(1 << 20):
                pass
            return bool(data)
        except BlockingIOError:
            return True

    def open(self, method, body=b"", flags=END):
        frame = encode_frame(
            FrameType.OPEN, join_head(Open(method=method.number).encode(), body), self.stream, flags, has_checksum=False)
        self.stream += 2
        return frame

    def close(self):
        self.socket.close()


def paced(seconds):
    """A tick each hundredth of a second. What could not be done in time is left out, not caught up on."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        yield
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - now)))


def half_open(path, seconds):
    """500 connections that begin a handshake and leave it there; two new ones in each tick, five seconds being their time."""
    peers, count = [], 0
    for _ in paced(seconds):
        for _ in range(2):
            peer = Peer(path, greets=False)
            peer.send(HELLO[:20])
            peers.append(peer)
            count += 1
        while len(peers) > 500:
            peers.pop(0).close()
    return {"done": count}


def floods(path, seconds):
    """Four connections that open and cancel a call ten thousand times a second, together; who is cut comes again."""
    peers, count = [Peer(path) for _ in range(4)], 0
    for _ in paced(seconds):
        for index, peer in enumerate(peers):
            burst = bytearray()
            for _ in range(25):
                cancel = encode_frame(FrameType.CANCEL, Cancel().encode(), peer.stream, has_checksum=False)
                burst += peer.open(services.AUDIT_READ, ReadJournal().encode()) + cancel
            try:
                peer.send(burst)
                is_there = peer.drop_replies()
            except OSError:
                is_there = False
            count += 25
            if not is_there:
                peer.close()
                peers[index] = Peer(path)
    return {"done": count}


def giant_frames(path, seconds):
    """A hundred times a second a frame of 2 GiB is announced, and one of 64 KiB sent that is no call."""
    whole, count = Peer(path), 0
    giant = struct.pack("<IBBHII", (1 << 31) - 1, FrameType.OPEN, END, 0, 1, 0)
    body = bytes(65_000)
    for _ in paced(seconds):
        peer = Peer(path)
        peer.send(giant)
        peer.close()
        try:
            whole.send(whole.open(services.ADMIN_STATUS, body))
            is_there = whole.drop_replies()
        except OSError:
            is_there = False
        count += 2
        if not is_there:
            whole.close()
            whole = Peer(path)
    return {"done": count}


def slow_readers(path, seconds):
    """A hundred connections that each ask for the whole journal eight times and read nothing."""
    peers = [Peer(path) for _ in range(100)]
    for peer in peers:
        peer.send(b"".join(peer.open(services.AUDIT_READ, ReadJournal().encode()) for _ in range(8)))
    for _ in paced(seconds):
        pass
    return {"done": 8 * len(peers)}


def garbage(path, seconds):
    """Two hundred connections a second that send what is no gridwire, or is until the first frame."""
    count = 0
    for tick, _ in enumerate(paced(seconds)):
        for beginning in (b"", HELLO):
            peer = Peer(path, greets=False)
            peer.send(beginning + random.Random(tick).randbytes(4096))
            peer.close()
            count += 1
    return {"done": count}


KINDS = {
    "half-open handshakes": half_open, "floods of opens and cancels": floods, "giant frames": giant_frames,
    "slow readers": slow_readers, "garbage": garbage,
}


if __name__ == "__main__":
    kind, path, seconds = sys.argv[1:]
    # It begins at a random moment of the tick.
    time.sleep(random.random() * TICK_SECONDS)
    print(json.dumps(KINDS[kind](path, float(seconds))), flush=True)
    os._exit(0)
