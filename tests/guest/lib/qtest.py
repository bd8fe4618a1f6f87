# SPDX-License-Identifier: Apache-2.0
"""Registers and memory of a running guest, from outside, so that something happens to a device behind its driver's back."""

import re
import socket
import time

import qemu

STATUS, QUEUE_NOTIFY = 0x70, 0x50


def args(path):
    return ["-qtest", f"unix:{path},server=on,wait=off", "-qtest-log", "none"]


class Access:
    """`path`: that of args(); `id`: the device's, whose registers they are."""

    def __init__(self, guest, path, id):
        self.guest, self.id = guest, id
        bus = guest.qmp("qom-get", path=f"/machine/peripheral/{id}", property="parent_bus")
        base, step = qemu.WINDOWS[guest.board]
        self.base = base + step * int(re.search(r"virtio-mmio-bus\.(\d+)", bus).group(1))
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")

    def _do(self, line):
        self.socket.sendall(line.encode() + b"\n")
        answer = self.lines.readline().split()
        assert answer and answer[0] == b"OK", (line, answer)
        return answer[1:]

    def forget(self):
        """The device is reset, and its driver is not told: it answers nothing any more."""
        self._do(f"writel {self.base + STATUS:#x} 0")

    def _settled(self, avail, seconds=10):
        """The available index, once the driver has begun (it is 0 after a reset) and gives the device nothing more."""
        end, before, index = time.monotonic() + seconds, 0, -1
        while index != before or index == 0:
            assert time.monotonic() < end, f"the driver does not come to rest: {index}"
            time.sleep(0.2)
            before, index = index, int(self._do(f"readw {avail + 2:#x}")[0], 16)
        return index

    def confuse(self, queue=0):
        """The device finds a descriptor in a queue that cannot be, and stops; a modern one asks for a reset."""
        ring = self.guest.qmp("x-query-virtio-queue-status", path=f"/machine/peripheral/{self.id}", queue=queue)
        avail = ring["vring-avail"]
        index = self._settled(avail)
        self._do(f"writew {avail + 4 + index % ring['vring-num'] * 2:#x} 0xffff")
        self._do(f"writew {avail + 2:#x} {index + 1 & 0xffff:#x}")
        self._do(f"writel {self.base + QUEUE_NOTIFY:#x} {queue}")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.lines.close()
        self.socket.close()
