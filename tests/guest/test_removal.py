# SPDX-License-Identifier: Apache-2.0
"""Devices that are removed (`virtio remove`) and driven again (the demo's `rescan`); names that somebody else has."""

import re
import socket
import time

import pytest
import qemu
from lib import disk, hand, net
from lib.guest import MIXED

NAMES = ("virtio-net0", "virtio-blk0", "virtio-console0", "virtio-input0", "virtio-input1", "virtio-input2", "virtio-gpu0")


def table(guest):
    """The devices of the shell's table: name and state."""
    return dict(re.findall(r"^(virtio-\S+) .* (ok|failed|no driver) +\d+$", guest.cmd("virtio"), re.M))


def remove(guest, name):
    said = guest.cmd(f"virtio remove {name}", 30)
    assert f"{name}: removed" in said.split("\n"), said
    assert name not in table(guest)


def works(guest, image, directory):
    """Every device does what it is for."""
    assert guest.cmd("blk crc virtio-blk0 0 64") == disk.crc(image, 0, 64)
    net.wait_for_address(guest)
    net.ping(guest)
    port = socket.socket(socket.AF_UNIX)
    port.settimeout(20)
    port.connect(str(directory / "port.sock"))
    time.sleep(0.3)
    assert guest.cmd("port write vport0p1 hello") == "sent 5 of 5 bytes"
    assert port.recv(5) == b"hello"
    port.close()
    assert guest.cmd("port hold vport0p1 0") == "closed"      # the shell keeps ports open
    start = guest.here()
    guest.send("input count virtio-input0 1")
    guest.wait_for(b"virtio-input0", 10, start=start)
    time.sleep(0.3)
    hand.tap(guest, "a")
    assert re.search(r"\b4 events", guest.wait_prompt()), guest.console[start:]
    assert "error" not in guest.cmd("gpu test bars")


def everything(tmp_path):
    image = disk.make(tmp_path / "d", seed=70)
    return image, qemu.all_devices(image, str(tmp_path), [])


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_removed_and_driven_again(own, boot, virtio, smp, tmp_path):
    image, devices = everything(tmp_path)
    guest = boot(devices, smp=smp)
    works(guest, image, tmp_path)
    used = []
    for _ in range(4):
        for name in NAMES:
            remove(guest, name)
            assert name not in guest.devices()
        assert "vport" not in guest.devices() and "touch0" not in guest.devices()
        guest.cmd("rescan")
        assert {name: table(guest)[name] for name in NAMES} == dict.fromkeys(NAMES, "ok")
        works(guest, image, tmp_path)
        time.sleep(1)
        used.append(net.memory(guest))
    # Give or take an entry of lwIP's caches.
    assert net.settled_memory(guest, used[0] + 200) <= used[0] + 200, used
    assert guest.cmd("memcheck").endswith("all whole")


def test_what_is_in_use_stays(own, boot, virtio, tmp_path):
    image, devices = everything(tmp_path)
    guest = boot(devices, smp=4)
    assert "no device virtio-blk7" in guest.cmd("virtio remove virtio-blk7")
    start = guest.here()
    guest.cmd("blk bgstress virtio-blk0 4 2")
    guest.cmd("input handle virtio-input0 0")
    guest.cmd("bg input touch touch0 3")
    guest.wait_for(b"touch0: for 3 seconds", 10, start=start)
    for name in ("virtio-blk0", "virtio-input0", "virtio-input2"):
        assert guest.cmd(f"virtio remove {name}") == f"virtio: {name} is in use; close it first"
    guest.wait_for(rb"stress: \d+ requests, 0 errors, 0 mismatches", 60, start=start)
    guest.cmd("input unbind virtio-input0")
    time.sleep(3)
    for name in NAMES:
        remove(guest, name)
    guest.cmd("rescan")
    works(guest, image, tmp_path)


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_a_network_goes_amid_traffic(own, boot, virtio, smp, tmp_path):
    """TCP in both directions, whose frames lwIP holds, is cut off; the next interface works, and no memory is lost."""
    port = net.free_port()
    guest = boot(net.user({port: 5002}), smp=smp)
    used = []
    for _ in range(3):
        net.wait_for_address(guest)
        listener = net.listen()
        taken = net.Later(lambda listener=listener: net.accept(listener).recv(1 << 20))
        start = guest.here()
        guest.cmd(f"bg tcp send 10.0.2.2 {listener.getsockname()[1]} {200 * net.MIB}")
        guest.cmd("bg tcp receive 5002")
        guest.wait_for(b"tcp: listening on port 5002", 10, start=start)
        connection = net.connect("127.0.0.1", port)
        connection.setblocking(False)
        try:
            connection.send(bytes(1 << 22))
        except BlockingIOError:
            pass
        taken.result()
        time.sleep(0.2)
        remove(guest, "virtio-net0")
        connection.close()
        listener.close()
        guest.cmd("rescan")
        net.wait_for_address(guest)
        net.ping(guest)
        used.append(net.memory(guest))
    assert net.settled_memory(guest, used[0], 60) <= used[0], used
    assert "is lost" not in guest.console.decode(errors="replace")
    assert guest.cmd("memcheck").endswith("all whole")


def test_a_name_that_is_taken(own, boot, virtio, tmp_path):
    """What cannot be registered is stopped, says so, and can be removed, and driven when the name is free."""
    image, devices = everything(tmp_path)
    guest = boot(devices)
    for name in NAMES:
        remove(guest, name)
        guest.cmd(f"squat {name}")
        said = guest.cmd("rescan")
        assert f"virtio: {name}: not registered, error -1" in said
        assert table(guest)[name] == "failed"
        guest.cmd("squat")
        remove(guest, name)
        guest.cmd("rescan")
        assert table(guest)[name] == "ok"
    works(guest, image, tmp_path)
