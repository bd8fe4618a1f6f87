# SPDX-License-Identifier: Apache-2.0
"""Booting with one device of every kind, the `virtio` table, and leaving."""

import re

import pytest
import qemu
from lib import disk

KINDS = ("block", "network", "console", "gpu", "input", "input", "input")


@pytest.mark.packed
def test_every_device_is_listed(boot, board, virtio, tmp_path, monkeypatch):
    image = disk.make(tmp_path / "d")
    guest = boot(qemu.all_devices(image, str(tmp_path)), needs=("virtio",))
    lines = guest.cmd("virtio").splitlines()
    rows = [line for line in lines if "0x" in line]
    assert len(rows) == len(KINDS), "\n".join(lines)
    base, step = qemu.WINDOWS[board]
    for slot, (row, kind) in enumerate(zip(rows, KINDS)):
        columns = row.split()
        # RT-Thread may have mapped it elsewhere; the place within a page is the same.
        distance = int(columns[1], 16) - (base + slot * step)
        assert distance % 4096 == 0 if boot.foreign else distance == 0
        assert columns[3] == virtio
        assert columns[4] == kind
        assert re.search(r"\b(ok|no driver)\b", row), row
    assert rows[0].startswith("virtio-blk0 ") and re.search(r"\bok\b.* 1\s*$", rows[0]), rows[0]

    # QEMU's view: what has a driver is DRIVER_OK, what has none was left reset.
    status = {}
    for device in guest.qmp("x-query-virtio"):
        said = guest.qmp("x-query-virtio-status", path=device["path"])["status"]
        status.setdefault(device["name"], str(said))
    assert "DRIVER_OK" in status["virtio-blk"] and "FAILED" not in status["virtio-blk"]
    for row, name in zip(rows, ("virtio-blk", "virtio-net", "virtio-serial", "virtio-gpu", "virtio-input")):
        if "no driver" in row:
            assert "ACKNOWLEDGE" not in status[name], (row, status[name])


@pytest.mark.packed("riscv64")
def test_info_and_stats(boot, virtio, tmp_path):
    guest = boot(disk.attach(disk.make(tmp_path / "d")), needs=("virtio", "blk"))
    info = guest.cmd("virtio info virtio-blk0")
    offered, negotiated = (re.search(rf"^{word}: (.*)$", info, re.M).group(1).split() for word in ("offered", "negotiated"))
    assert set(negotiated) <= set(offered)
    for feature in ("FLUSH", "SEG_MAX", "BLK_SIZE", "EVENT_IDX", "INDIRECT_DESC"):
        assert feature in negotiated
    assert ("VERSION_1" in negotiated) == (virtio != "legacy")
    assert ("RING_PACKED" in negotiated) == (virtio == "packed")
    assert "SCSI" not in negotiated
    assert re.search(r"^capacity: 131072 sectors", info, re.M)
    assert re.search(r"^blk_size: 512$", info, re.M)
    assert re.search(rf"^queue 0: size \d+, {'packed' if virtio == 'packed' else 'split'} ring$", info, re.M)

    def stats():
        line = re.search(r"^virtio-blk0 queue 0: .*$", guest.cmd("virtio stats virtio-blk0"), re.M).group(0)
        return {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", line.partition(":")[2])}

    before = stats()
    guest.cmd("blk crc virtio-blk0 0 8")
    after = stats()
    assert after["requests"] > before["requests"]
    assert after["interrupts"] > before["interrupts"]
    assert after["notifications"] > before["notifications"]
    assert after["errors"] == 0 and after["resets"] == 0
    assert guest.cmd("virtio reset virtio-blk0") == "virtio-blk0: reset and recovered"
    assert stats()["resets"] == 1


def test_two_disks_in_address_order(boot, virtio, tmp_path):
    small, large = disk.make(tmp_path / "a", 8 << 20, seed=1), disk.make(tmp_path / "b", 16 << 20, seed=2)
    guest = boot(disk.attach(large, slot=5, name="d1") + disk.attach(small, slot=2, name="d0"), needs=("blk",))
    assert "sectors 16384," in guest.cmd("blk info virtio-blk0")
    assert "sectors 32768," in guest.cmd("blk info virtio-blk1")
    assert guest.cmd("blk crc virtio-blk0 0 64") == disk.crc(small, 0, 64)
    assert guest.cmd("blk crc virtio-blk1 0 64") == disk.crc(large, 0, 64)


@pytest.mark.parametrize("smp", (1, 4))
def test_poweroff(boot, smp):
    guest = boot(smp=smp, needs=("poweroff",))
    guest.send("poweroff")
    assert guest.wait_exit() == 0


def test_reboot(own, boot):
    guest = boot(needs=("reboot",))
    guest.send("reboot")
    guest.wait_prompt()
    assert guest.process.poll() is None


def test_nothing_attached(boot, virtio):
    guest = boot(needs=("virtio",))
    assert "0x" not in guest.cmd("virtio")


def test_usual_commands(boot):
    guest = boot(needs=("ps", "free", "version", "list"))
    assert "tshell" in guest.cmd("ps")
    assert re.search(r"(total|heap)\D*\d+", guest.cmd("free"))     # its lines depend on the allocator
    assert re.search(r"\d+\.\d+\.\d+", guest.cmd("version"))
    assert "uart" in guest.cmd("list device")
    assert "not found" in guest.cmd("nonsense")
