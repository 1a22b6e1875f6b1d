"""
Frames between gateway, feeds and core: a length of 4 bytes, then msgpack.

From a client: [id, kind, content]. kind "do": a list of packed commands, answered one by one; "ask": [question,
request]; "note": heads of the chain, for the status alone. From the core: [id, answers]; each answer is [response] or
["", reason, metadata, receipt]. Frames with id 0 come unasked: [0, number of sealed batches].
"""

import socket
import struct
from typing import Any

import msgpack

LENGTH = struct.Struct(">I")
FRAME_BOUND = 64 << 20
"""Above any message that a gateway takes in, and any page that the core shows."""
UNASKED = 0
READ_BYTES = 1 << 18


class BrokenFrameError(Exception):
    """The other end does not speak this protocol."""


def encode(content: Any) -> bytes:
    """A frame."""
    payload: bytes = msgpack.packb(content)
    return LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """The frames that are complete now."""
        self._buffer += data
        frames = []
        start = 0
        while len(self._buffer) - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer, start)
            if length > FRAME_BOUND:
                raise BrokenFrameError(f"a frame of {length} bytes")
            end = start + LENGTH.size + length
            if len(self._buffer) < end:
                break
            with memoryview(self._buffer) as view:
                frames.append(msgpack.unpackb(view[start + LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return frames


def connect(path: str) -> socket.socket:
    """A connection to the core."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
