# SPDX-License-Identifier: Apache-2.0
"""A VNC client that looks at one thing: the keyboard's LEDs, as QEMU tells its displays (RFB 3.8, pseudo-encoding -261)."""

import re
import socket
import struct
import time

LEDS = -261
SCROLL, NUM, CAPS = 1, 2, 4


def args(path):
    return ["-vnc", f"unix:{path}"]


class Viewer:
    def __init__(self, path):
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
        self.socket.sendall(struct.pack(">BxHi", 2, 1, LEDS))
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
