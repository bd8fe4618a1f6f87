# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic with a device reset every second, for SOAK_SECONDS; afterwards as much memory is used as before."""

import os
import re
import socket
import time

import pytest
import qemu
from lib import disk, net

SECONDS = int(os.environ.get("SOAK_SECONDS") or 30)
PIECE = net.MIB
DEVICES = ("virtio-net0", "virtio-blk0", "virtio-net0", "virtio-console0")


class Traffic:
    """What goes on at the same time: each kind starts again when it is through. The guest's part runs in the background."""

    def __init__(self, guest, page, port, console):
        self.guest, self.page, self.port, self.console = guest, page, port, console
        self.done = dict.fromkeys(("out", "in", "udp", "ping", "page", "console"), 0)
        self.running = {}
        self.not_before = {}

    def start(self, kind, begin):
        start = self.guest.here()
        self.running[kind] = begin(start)

    # Each begins one round and returns a function that tells whether it is through; what is wrong, it raises.

    def begin_out(self, start):
        listener = net.listen()
        port = listener.getsockname()[1]
        taken = net.Later(lambda: net.take_all(net.accept(listener)))
        self.guest.cmd(f"bg tcp send 10.0.2.2 {port} {PIECE}")

        def through():
            if taken.is_alive():
                return False
            size, checksum = taken.result()
            assert size == PIECE
            return self.said(rb"sent %d bytes, adler32 %08x" % (size, checksum), start)
        return through

    def begin_in(self, start):
        self.guest.cmd("bg tcp receive 5002")
        self.guest.wait_for(b"tcp: listening on port 5002", 10, start=start)
        sent = net.Later(net.send_all, net.connect("127.0.0.1", self.port), PIECE)

        def through():
            return not sent.is_alive() and self.said(rb"received %d bytes, adler32 %08x" % (PIECE, sent.result()), start)
        return through

    def begin_udp(self, start):
        self.guest.cmd("bg udp send 10.0.2.2 9 300 1000 300")
        return lambda: self.said(rb"sent 300 datagrams", start)

    def begin_ping(self, start):
        self.guest.cmd("bg ping 10.0.2.2 2")
        return lambda: self.said(rb"2 packets transmitted", start)

    def begin_page(self, start):
        begun = time.monotonic()

        def fetch():
            try:
                return net.fetch(self.page, timeout=60), net.devices(self.page)
            except OSError as e:
                raise AssertionError(f"a page failed after {time.monotonic() - begun:.1f} s: {e!r}") from e
        fetched = net.Later(fetch)

        def through():
            if fetched.is_alive():
                return False
            (status, text), devices = fetched.result()
            assert status == 200 and text.rstrip().endswith("</html>")
            assert all(devices[name]["state"] == "ok" for name in DEVICES)
            return True
        return through

    def begin_console(self, start):
        text = f"round-{self.done['console']}-"
        self.not_before["console"] = time.monotonic() + 4       # else a long soak would be about little else
        assert "sent" in self.guest.cmd(f"port write vport0p1 {text}")

        def through():
            return text.encode() in self.console.recv(65536)
        return through

    def said(self, pattern, start):
        return re.search(pattern, self.guest.console[start:]) is not None

    def step(self, again):
        """Looks after every kind; begins those anew that are through, if there is to be more."""
        for kind in self.done:
            if kind in self.running and self.running[kind]():
                self.done[kind] += 1
                del self.running[kind]
            if again and kind not in self.running and time.monotonic() >= self.not_before.get(kind, 0):
                self.start(kind, getattr(self, "begin_" + kind))

    def finish(self, seconds=120):
        end = time.monotonic() + seconds
        while self.running and time.monotonic() < end:
            self.step(False)
            time.sleep(0.1)
        assert not self.running, f"these do not end: {list(self.running)}"


@pytest.mark.parametrize("board, virtio, smp", (("riscv64", "modern", 1), ("aarch64", "legacy", 4)))
def test_soak(boot, virtio, smp, tmp_path):
    image = disk.make(tmp_path / "d", seed=60)
    page, port = net.free_port(), net.free_port()
    forward = [f"tcp:127.0.0.1:{page}-:80", f"tcp:127.0.0.1:{port}-:5002"]
    guest = boot(qemu.all_devices(image, str(tmp_path), forward), smp=smp, needs=(*net.COMMANDS, "blk", "port"))
    net.wait_for_address(guest)
    console = socket.socket(socket.AF_UNIX)
    console.settimeout(10)
    console.connect(str(tmp_path / "port.sock"))
    time.sleep(0.3)
    traffic = Traffic(guest, page, port, console)

    def blocks(seconds):
        start = guest.here()
        guest.cmd(f"blk bgstress virtio-blk0 4 {seconds}")
        return start

    def blocks_done(start, seconds):
        said = guest.wait_for(rb"stress: \d+ requests, \d+ errors, \d+ mismatches", seconds, start=start)
        assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said

    # Once, so that everything that is made at the first use is there.
    start = blocks(1)
    traffic.step(True)
    for name in set(DEVICES):
        guest.cmd(f"virtio reset {name}", 30)
    traffic.finish()
    blocks_done(start, 30)
    time.sleep(3)
    before = net.memory(guest)

    start, resets, end = blocks(SECONDS), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        name = DEVICES[resets % len(DEVICES)]
        assert f"{name}: reset and recovered" in guest.cmd(f"virtio reset {name}", 30)
        resets += 1
        next_reset = time.monotonic() + 1
        while time.monotonic() < next_reset:
            traffic.step(True)
            time.sleep(0.05)
    traffic.finish()
    blocks_done(start, 60)
    print(f"{resets} resets;", traffic.done)

    assert resets >= SECONDS / 4 and min(traffic.done.values()) >= 2, traffic.done
    net.ping(guest)
    assert net.settled_memory(guest, before) <= before
    assert guest.cmd("memcheck").endswith("all whole")
