# SPDX-License-Identifier: Apache-2.0
"""A VNC client that looks at what QEMU tells its displays beside the picture: the keyboard's LEDs, or the cursor (RFB 3.8,
pseudo-encodings -261 and -314)."""

import re
import socket
import struct
import time

LEDS = -261
CURSOR = -314
SCROLL, NUM, CAPS = 1, 2, 4


def args(path):
    return ["-vnc", f"unix:{path}"]


class Viewer:
    """`thing`: LEDS or CURSOR."""

    def __init__(self, path, thing=LEDS):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.socket.sendall(self._read(12))                     # the server's version
        assert 1 in self._read(self._read(1)[0])                # no password
        self.socket.sendall(b"\x01")
        assert self._read(4) == bytes(4)
        self.socket.sendall(b"\x01")                            # others may look, too
        name = struct.unpack(">I", self._read(24)[20:])[0]
        self._read(name)
        self.socket.sendall(struct.pack(">BxHi", 2, 1, thing))
        self._seen = b""

    def _read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, "QEMU closed the display"
            data += more
        return data

    def wait_for_leds(self, wanted, seconds=5):
        """Until the LEDs are as wanted. No picture was asked for, so that nothing else comes."""
        end = time.monotonic() + seconds
        self.socket.settimeout(0.1)
        while True:
            states = re.findall(rb"\xff\xff\xfe\xfb(.)", self._seen, re.S)
            if states and states[-1][0] == wanted:
                return
            assert time.monotonic() < end, f"LEDs were {[s[0] for s in states]}, wanted {wanted}"
            try:
                self._seen += self.socket.recv(4096)
            except TimeoutError:
                pass

    def cursor(self):
        """The cursor, which comes first if there is one: width, height, and four bytes each, blue, green, red, alpha."""
        assert self._read(4) == bytes((0, 0, 0, 1))             # an update of one rectangle
        _, _, width, height, kind, coding = struct.unpack(">HHHHii", self._read(16))
        assert (kind, coding) == (CURSOR, 0)
        return width, height, self._read(width * height * 4)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()
