# SPDX-License-Identifier: Apache-2.0
"""A real device that breaks (the demo's `fault` command sends it nonsense), and callers that cannot sleep."""

import re

import pytest
from lib import disk, net


def resets(guest):
    return int(re.search(r"resets (\d+)", guest.cmd("virtio stats virtio-blk0")).group(1))


@pytest.mark.packed("riscv64")
def test_broken_device_is_recovered(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=30)
    guest = boot(disk.attach(image), needs=("blk", "fault"))
    for times in (1, 2):
        said = guest.cmd("fault virtio-blk0", 30)
        if virtio != "legacy":
            # The device says that it wants to be reset, and the request it choked on is answered after that.
            assert "the device asks for a reset" in said
            assert "virtio-blk0 broken, and recovered" in said
        else:
            # It falls silent: the next request runs into its time limit, and has the device reset.
            assert "failed: -2 (ETIMEOUT)" in guest.cmd("blk read virtio-blk0 0 8", 30)
        assert guest.cmd("blk crc virtio-blk0 0 1024") == disk.crc(image, 0, 1024)
        assert resets(guest) == times
    assert re.search(r"virtio-blk0 .* ok ", guest.cmd("virtio"))


def test_broken_under_load(boot, virtio, tmp_path):
    """The others' requests are in flight when it breaks; none of them may notice. (Not with packed rings: QEMU 7.2 looks for
    ever, and with all of its CPUs stopped, at a packed ring that has requests for a disk that is broken.)"""
    image = disk.make(tmp_path / "d", seed=31)
    guest = boot(disk.attach(image), smp=4, needs=("blk", "fault"))
    start = guest.here()
    guest.cmd("blk bgstress virtio-blk0 8 2")
    guest.cmd("fault virtio-blk0", 30)
    result = guest.wait_for(rb"stress: \d+ requests, \d+ errors, \d+ mismatches", 60, start=start)
    errors, mismatches = re.search(r"(\d+) errors, (\d+) mismatches", result).groups()
    assert mismatches == "0"
    # A legacy device does not say that it is broken: whoever waits when the time is up gets an error, once.
    assert errors == "0" if virtio != "legacy" else int(errors) <= 8
    assert resets(guest) >= 1


def test_resets_asked_for_are_not_held_against_it(boot, virtio, tmp_path):
    """Many in a row, without a request in between: the driver gives up on a device that breaks like that, not on this."""
    image = disk.make(tmp_path / "d", seed=32)
    guest = boot(disk.attach(image), needs=("blk", "virtio"))
    for _ in range(20):
        assert "reset and recovered" in guest.cmd("virtio reset virtio-blk0", 30)
    assert guest.cmd("blk crc virtio-blk0 0 1024") == disk.crc(image, 0, 1024)
    assert resets(guest) == 20


def test_caller_that_cannot_sleep(own, boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=33)
    slow = {"driver": "throttle", "throttle-group": "limit"}
    guest = boot(["-object", "throttle-group,id=limit"] + disk.attach(image, filters=(slow,)), needs=("blk",))

    def limit(bytes_per_second):
        guest.qmp("qom-set", path="/objects/limit", property="limits", value={"bps-total": bytes_per_second})

    assert guest.cmd("blk polled virtio-blk0 0 1024") == disk.crc(image, 0, 1024)
    guest.cmd("blk bgstress virtio-blk0 4 2")
    assert guest.cmd("blk polled virtio-blk0 131000 64") == disk.crc(image, 131000, 64)
    guest.wait_for(rb"stress: \d+ requests, 0 errors, 0 mismatches", 60)

    # Nobody else can run on its CPU, so it has to reset the device by itself when the time is up.
    limit(4096)
    guest.cmd("blk read virtio-blk0 0 64")
    assert "failed: -2 (ETIMEOUT)" in guest.cmd("blk polled virtio-blk0 64 8", 30)
    limit(0)
    assert guest.cmd("blk polled virtio-blk0 64 8", 30) == disk.crc(image, 64, 8)
    assert resets(guest) == 1


def test_before_the_scheduler(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=34)
    guest = boot(disk.attach(image), variant="early")
    first = disk.read(image, 0, 1)
    assert "early: read 1, sector 0 begins with %02x %02x %02x %02x" % tuple(first[:4]) in guest.console.decode()
    # The later start finds the devices in use, and they go on working, now with interrupts.
    assert len(re.findall(r"^virtio-blk\d", guest.cmd("virtio"), re.M)) == 1
    assert guest.cmd("blk crc virtio-blk0 0 1024") == disk.crc(image, 0, 1024)
    assert "reset and recovered" in guest.cmd("virtio reset virtio-blk0")


@pytest.mark.packed("riscv64")
def test_what_is_lost_on_the_way_is_made_up_for(own, boot, virtio, tmp_path):
    """Notifications, and interrupts that follow another closely: without errors, without resets, in no more than a moment."""
    image = disk.make(tmp_path / "d", seed=36)
    port = net.free_port()
    guest = boot(disk.attach(image) + net.user({port: 5002}), variant="lossy")
    net.wait_for_address(guest)
    guest.cmd("lossy on")
    assert " 0 errors, 0 mismatches" in guest.cmd("blk stress virtio-blk0 4 3", 60)
    for size in (net.MIB, 3 * net.MIB):
        assert net.guest_sends(guest, "10.0.2.2", net.listen(), size) < 15000
        assert net.guest_receives(guest, 5002, lambda: net.connect("127.0.0.1", port), size) < 15000
    for _ in range(10):
        net.ping(guest, count=2)
    lost = re.search(r"lost so far: (\d+) notifications, (\d+) interrupts", guest.cmd("lossy off"))
    assert all(int(n) > 20 for n in lost.groups()), lost.group(0)
    assert not set(re.findall(r"resets (\d+)", guest.cmd("virtio stats"))) - {"0"}
