# SPDX-License-Identifier: Apache-2.0
"""Images of every choice of options: each device alone, none, all; one interface; without the features of rings.

tests/guest/config/ has the choices, as far as they differ from the defaults, and the Makefile the images.
"""

import os
import re
import socket
import subprocess
import time

import pytest
import qemu
from lib import disk, net, screen
from test_input import KEYBOARD, Taker, tap

KINDS = {"blk": ("block", 1), "net": ("network", 1), "console": ("console", 1), "gpu": ("gpu", 1), "input": ("input", 3)}
NOT_BUILT = 'which this build does not drive; menuconfig: switch off "Drive only the chosen version"'

# Each board and each interface, once.
MIXED = pytest.mark.parametrize("board, virtio", (("riscv64", "legacy"), ("aarch64", "modern")))
CROSSED = pytest.mark.parametrize("board, virtio", (("riscv64", "modern"), ("aarch64", "legacy")))


@pytest.fixture
def start(own, boot, tmp_path):
    """start(config) boots its image with a device of every kind."""
    def start(config):
        guest = boot(qemu.all_devices(disk.make(tmp_path / "d", seed=1), str(tmp_path), gpu="id=gpu,xres=320,yres=200"),
                     variant="cfg-" + config)
        guest.rows = [line for line in guest.cmd("virtio").splitlines() if "0x" in line]
        return guest
    return start


def check(guest, tmp_path, driven):
    """Of the devices, these kinds are driven, and work; the others are listed, and left alone."""
    for kind, (name, count) in KINDS.items():
        rows = [row for row in guest.rows if re.search(rf" {name} ", row)]
        assert len(rows) == count, guest.rows
        for row in rows:
            assert re.search(r" ok " if kind in driven else r" no driver ", row), row
    for kind in driven:
        WORKS[kind](guest, tmp_path)


def blk_works(guest, tmp_path):
    assert guest.cmd("blk fill virtio-blk0 20000 64 7") == "filled 64 sectors"
    assert guest.cmd("blk crc virtio-blk0 0 64") == disk.crc(tmp_path / "d", 0, 64)
    assert disk.read(tmp_path / "d", 20000, 64) == disk.pattern(20000, 64, 7)


def net_works(guest, tmp_path):
    net.wait_for_address(guest)
    net.ping(guest, count=2)


def console_works(guest, tmp_path):
    with socket.socket(socket.AF_UNIX) as port:
        port.settimeout(20)
        port.connect(str(tmp_path / "port.sock"))
        time.sleep(0.3)      # until the guest was told
        assert guest.cmd("port write vport0p1 hello") == "sent 5 of 5 bytes"
        assert port.recv(100) == b"hello"


def gpu_works(guest, tmp_path):
    assert guest.cmd("gpu test bars") == ""
    screen.same(guest, screen.bars(320, 200))


def input_works(guest, tmp_path):
    taker = Taker(guest, KEYBOARD, seconds=1)
    assert tap(guest, "a") == taker.result()


WORKS = {"blk": blk_works, "net": net_works, "console": console_works, "gpu": gpu_works, "input": input_works}


@MIXED
@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone(start, board, virtio, kind, tmp_path):
    check(start(kind), tmp_path, (kind,))


@CROSSED
def test_none(start, board, virtio, tmp_path):
    check(start("none"), tmp_path, ())


@CROSSED
def test_all_by_menuconfigs_defaults(start, board, virtio, tmp_path):
    check(start("all"), tmp_path, KINDS)


@CROSSED
def test_plain_rings(start, board, virtio, tmp_path):
    """No event index, no indirect descriptors, no packed ring: not accepted, and not needed."""
    guest = start("plain")
    check(guest, tmp_path, ("blk", "console", "gpu", "input"))
    for name in ("virtio-blk0", "virtio-gpu0", "virtio-console0", "virtio-input0"):
        said = guest.cmd(f"virtio info {name}")
        offered, negotiated = (re.search(rf"^{word}: (.*)$", said, re.M).group(1).split() for word in ("offered", "negotiated"))
        assert {"EVENT_IDX", "INDIRECT_DESC"} <= set(offered)
        assert not {"EVENT_IDX", "INDIRECT_DESC", "RING_PACKED"} & set(negotiated)
    assert ("VERSION_1" in negotiated) == (virtio == "modern")


@pytest.mark.parametrize("only", ("legacy", "modern"))
def test_only_one_interface(start, board, virtio, only, tmp_path):
    """Devices of the other one are refused, each with a message that says what to do, and nothing is done to them."""
    guest = start(only)
    if only == virtio:
        check(guest, tmp_path, ("blk", "console", "gpu", "input"))
        assert "does not drive" not in guest.console.decode()
        return
    assert not guest.rows
    refused = re.findall(rf"virtio window 0x\w+: a {virtio} (\w+) device, {NOT_BUILT}\r*\n", guest.console.decode())
    assert sorted(refused) == sorted(name for name, count in KINDS.values() for _ in range(count))
    for device in guest.qmp("x-query-virtio"):
        assert "ACKNOWLEDGE" not in str(guest.qmp("x-query-virtio-status", path=device["path"])["status"])
    assert re.search(r"\d+\.\d+\.\d+", guest.cmd("version"))      # it is alive


@pytest.mark.parametrize("only", ("legacy", "modern"))
def test_only_one_interface_saves_what_the_help_says(own, only):
    def code(image):
        objects = [os.path.join(path, name) for part in ("core", "devices")
                   for path, _, names in os.walk(f"build/{image}/virtio/{part}") for name in names if name.endswith(".o")]
        said = subprocess.run(["riscv64-unknown-elf-size", *objects], capture_output=True, text=True, check=True).stdout
        return sum(int(line.split()[0]) for line in said.splitlines()[1:])

    with open("virtio/Kconfig") as f:
        text = re.sub(r"\s+", " ", f.read())
    claimed = dict(zip(("legacy", "modern"), map(int, re.search(
        r"saves about (\d+) bytes of code with VirtIO Legacy, .* and about (\d+) with VirtIO Modern", text).groups())))
    saved = code("riscv64-nonet") - code(f"riscv64-nonet-cfg-{only}")
    assert abs(saved - claimed[only]) <= claimed[only] / 4, saved
