# SPDX-License-Identifier: Apache-2.0
"""virtio-blk: contents compared with the image on the host, over features, ring sizes, media and build variants."""

import re

import pytest
from lib import disk

MIB = disk.MIB


def contents(guest, image, name="virtio-blk0", sector=512, extents=((0, 1), (7, 1), (3, 64), (100, 1000), (4096, 4096))):
    """Contents agree in both directions. The image must be random in its first 8 MiB."""
    for first, count in extents:
        assert guest.cmd(f"blk crc {name} {first} {count}", 60) == disk.crc(image, first, count, sector)
    for seed, (first, count) in enumerate(extents, 1):
        base = first + 5
        outside = disk.read(image, base - 1, 1, sector), disk.read(image, base + count, 1, sector)
        assert guest.cmd(f"blk fill {name} {base} {count} {seed}", 60) == f"filled {count} sectors"
        assert guest.cmd(f"blk verify {name} {base} {count} {seed}", 60) == f"verified {count} sectors"
        assert disk.read(image, base, count, sector) == disk.pattern(base, count, seed, sector)
        assert outside == (disk.read(image, base - 1, 1, sector), disk.read(image, base + count, 1, sector))
    assert guest.cmd(f"blk flush {name}") == "flushed"


def negotiated(guest, name="virtio-blk0"):
    return re.search(r"^negotiated: (.*)$", guest.cmd(f"virtio info {name}"), re.M).group(1).split()


def ring_sizes(guest, name="virtio-blk0"):
    return [int(n) for n in re.findall(r"^queue \d+: size (\d+)", guest.cmd(f"virtio info {name}"), re.M)]


def no_errors(guest):
    for line in guest.cmd("virtio stats").splitlines():
        if " queue " in line:
            assert re.search(r"errors 0 resets 0", line), line


@pytest.mark.packed("aarch64")
@pytest.mark.parametrize("options, absent", (("", None), ("event_idx=off", "EVENT_IDX"), ("indirect_desc=off", "INDIRECT_DESC"),
                                             ("event_idx=off,indirect_desc=off", "EVENT_IDX")),
                         ids=("default", "event_idx=off", "indirect_desc=off", "both=off"))
def test_contents(boot, virtio, tmp_path, options, absent):
    image = disk.make(tmp_path / "d", seed=1)
    guest = boot(disk.attach(image, options), needs=("blk", "virtio"))
    assert absent not in negotiated(guest)
    contents(guest, image)
    said = guest.cmd("blk stress virtio-blk0 8 1", 30)
    assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said
    no_errors(guest)


@pytest.mark.parametrize("variant, ring", (("small", 8), ("big", 1024), ("O0", None), ("noops", None), ("bounce", None)))
def test_variant(boot, virtio, tmp_path, variant, ring):
    image = disk.make(tmp_path / "d", seed=2)
    guest = boot(disk.attach(image), variant=variant)
    if ring:
        assert ring_sizes(guest) == [ring]
    contents(guest, image)
    said = guest.cmd("blk stress virtio-blk0 8 1", 30)
    assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said
    no_errors(guest)


@pytest.mark.parametrize("options", ("", "indirect_desc=off", "event_idx=off"))
def test_small_ring_wraps(boot, virtio, tmp_path, options):
    """More requests than 65536 / 8 laps of a ring of 8, and chains that only just fit."""
    image = disk.make(tmp_path / "d", seed=3)
    guest = boot(disk.attach(image, options), variant="small")
    said = guest.cmd("blk stress virtio-blk0 8 2", 30)
    assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said
    contents(guest, image)


@pytest.mark.parametrize("smp", (1, 4))
def test_several_queues(boot, virtio, tmp_path, smp):
    image = disk.make(tmp_path / "d", seed=4)
    guest = boot(disk.attach(image, "num-queues=4"), smp=smp, needs=("blk", "virtio"))
    sizes = ring_sizes(guest)
    if smp > 1:
        assert len(sizes) > 1 and "MQ" in negotiated(guest)
    contents(guest, image)
    said = guest.cmd("blk stress virtio-blk0 8 1", 30)
    assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said
    no_errors(guest)
    if smp > 1:
        used = re.findall(r"queue \d+: requests [1-9]", guest.cmd("virtio stats virtio-blk0"))
        assert len(used) > 1, "eight threads on four CPUs used one queue only"


@pytest.mark.parametrize("smp", (1, 4))
def test_above_4_gib(own, boot, virtio, tmp_path, smp):
    """With 8 GiB of memory, rings and buffers lie above 4 GiB."""
    image = disk.make(tmp_path / "d", seed=5)
    guest = boot(disk.attach(image), smp=smp, mem="8G", needs=("blk",))
    path = guest.qmp("x-query-virtio")[0]["path"]
    ring = guest.qmp("x-query-virtio-queue-status", path=path, queue=0)["vring-desc"]
    assert ring >= 1 << 32, f"the ring is at {ring:#x}"
    contents(guest, image)
    no_errors(guest)


def test_read_only(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", 1 * MIB, seed=6)
    whole = disk.read(image, 0, 2048)
    guest = boot(disk.attach(image, **{"read-only": True}), needs=("blk",))
    assert "read-only yes" in guest.cmd("blk info virtio-blk0")
    assert guest.cmd("blk crc virtio-blk0 0 2048") == disk.crc(image, 0, 2048)
    for attempt in ("fill virtio-blk0 0 8 1", "trim virtio-blk0 0 8", "zero virtio-blk0 0 8"):
        assert re.search(r"failed: -\d+", guest.cmd("blk " + attempt)), attempt
    assert disk.read(image, 0, 2048) == whole


def test_4096_byte_sectors(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=7)
    guest = boot(disk.attach(image, "logical_block_size=4096,physical_block_size=4096"), needs=("blk",))
    assert guest.cmd("blk info virtio-blk0").startswith("sectors 16384, bytes per sector 4096")
    contents(guest, image, sector=4096, extents=((0, 1), (3, 8), (50, 300)))
    assert "failed: -" in guest.cmd("blk read virtio-blk0 16384 1")
    no_errors(guest)


def test_over_2_tib(boot, virtio, tmp_path):
    tib3 = 3 << 40
    sectors = tib3 // 512
    image = disk.make(tmp_path / "d", tib3, seed=8)
    guest = boot(disk.attach(image), needs=("blk",))
    assert guest.cmd("blk info virtio-blk0").startswith(f"sectors {sectors},")
    for first in (0, (1 << 32) - 3, sectors - 16):
        guest_says = guest.cmd(f"blk fill virtio-blk0 {first} 16 {first & 0xFFFF}")
        assert guest_says == "filled 16 sectors"
        assert guest.cmd(f"blk verify virtio-blk0 {first} 16 {first & 0xFFFF}") == "verified 16 sectors"
        assert disk.read(image, first, 16) == disk.pattern(first, 16, first & 0xFFFF)
    assert "failed: -" in guest.cmd(f"blk read virtio-blk0 {sectors - 1} 2")
    assert disk.allocated(image) < 64 * MIB


def test_range_checks(boot, virtio, tmp_path):
    """Out of range is refused before the device sees it; nothing is nothing."""
    image = disk.make(tmp_path / "d", 1 * MIB, seed=9)
    guest = boot(disk.attach(image), needs=("blk",), trace=True)
    start = guest.mark()
    for extent in ("2048 1", "2047 2", "4294967296 1", "18446744073709551615 1"):
        assert "failed: -10 (EINVAL)" in guest.cmd("blk read virtio-blk0 " + extent), extent
        assert "failed: -10 (EINVAL)" in guest.cmd(f"blk fill virtio-blk0 {extent} 1"), extent
    assert "failed" not in guest.cmd("blk read virtio-blk0 0 0")
    assert guest.count(start)["virtio_queue_notify"] == 0
    assert "failed: -10 (EINVAL)" in guest.cmd("blk read virtio-blk0 0 2049")
    assert guest.cmd("blk crc virtio-blk0 2047 1") == disk.crc(image, 2047, 1)


@pytest.mark.parametrize("kind", ("read", "write"))
def test_io_error(boot, virtio, tmp_path, kind):
    """An error of one sector is the error of the request that touched it, and of no other."""
    image = disk.make(tmp_path / "d", 8 * MIB, seed=10)
    bad = {"driver": "blkdebug", "inject-error": [{"event": "none", "iotype": kind, "errno": 5, "sector": 8000}]}
    guest = boot(disk.attach(image, "rerror=report,werror=report,request-merging=off", filters=(bad,)), needs=("blk",))

    def attempt(first, count):
        return guest.cmd(f"blk read virtio-blk0 {first} {count}" if kind == "read" else f"blk fill virtio-blk0 {first} {count} 1")

    assert f"{kind} of virtio-blk0 at 8000 count 1 failed: -8 (EIO)" in attempt(8000, 1)
    assert "failed: -8 (EIO)" in attempt(7996, 8)
    for first, count in ((7999, 1), (8001, 1), (7000, 1000), (8001, 100)):
        assert "failed" not in attempt(first, count)
    assert guest.cmd("blk crc virtio-blk0 0 1000") == disk.crc(image, 0, 1000)
    if kind == "write":
        assert guest.cmd("blk crc virtio-blk0 8000 1") == disk.crc(image, 8000, 1)
    assert re.search(r"errors [1-9]\d* resets 0", guest.cmd("virtio stats virtio-blk0"))


def test_discard_and_write_zeroes(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", 16 * MIB)
    guest = boot(disk.attach(image), needs=("blk",))
    assert {"DISCARD", "WRITE_ZEROES"} <= set(negotiated(guest))
    assert guest.cmd("blk fill virtio-blk0 0 16384 1", 60) == "filled 16384 sectors"
    full = disk.allocated(image)
    assert full >= 8 * MIB
    assert guest.cmd("blk trim virtio-blk0 2048 8192") == "trimmed 8192 sectors"
    assert disk.allocated(image) <= full - 4 * MIB
    assert disk.read(image, 2047, 1) == disk.pattern(2047, 1, 1)
    assert disk.read(image, 10240, 1) == disk.pattern(10240, 1, 1)

    assert "failed" not in guest.cmd("blk zero virtio-blk0 12000 1001")
    assert disk.read(image, 12000, 1001) == bytes(1001 * 512)
    assert disk.read(image, 11999, 1) == disk.pattern(11999, 1, 1)
    assert disk.read(image, 13001, 1) == disk.pattern(13001, 1, 1)
    no_errors(guest)


def test_erase_without_discard(boot, virtio, tmp_path):
    """Where only write-zeroes is offered, erasing uses it; where neither is, it is refused."""
    image = disk.make(tmp_path / "d", 8 * MIB, seed=11)
    guest = boot(disk.attach(image, "discard=off"), needs=("blk",))
    assert guest.cmd("blk trim virtio-blk0 64 64") == "trimmed 64 sectors"
    assert disk.read(image, 64, 64) == bytes(64 * 512)
    image = disk.make(tmp_path / "e", 8 * MIB, seed=12)
    before = disk.read(image, 0, 256)
    guest = boot(disk.attach(image, "discard=off,write-zeroes=off"))
    assert "failed: -" in guest.cmd("blk trim virtio-blk0 64 64")
    assert disk.read(image, 0, 256) == before


def test_identity(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", 1 * MIB)
    guest = boot(disk.attach(image, "serial=rt-virtio-0123456789"), needs=("blk",))
    assert guest.cmd("blk id virtio-blk0") == "id rt-virtio-0123456789"      # all 20 bytes, which leaves none for a NUL


def test_resize(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", 8 * MIB, seed=13)
    guest = boot(disk.attach(image), needs=("blk",))
    for size in (16 * MIB, 4 * MIB):
        guest.qmp("block_resize", node_name="d0", size=size)
        assert guest.cmd("blk info virtio-blk0").startswith(f"sectors {size // 512},")
        last = size // 512 - 1
        assert guest.cmd(f"blk crc virtio-blk0 {last} 1") == disk.crc(image, last, 1)
        assert "failed: -10 (EINVAL)" in guest.cmd(f"blk read virtio-blk0 {last} 2")


def test_write_cache(boot, virtio, tmp_path):
    """AUTOREFRESH switches the device's write-back cache, as QEMU sees it."""
    image = disk.make(tmp_path / "d", 1 * MIB)
    guest = boot(disk.attach(image, "config-wce=on"), needs=("blk",))
    assert "CONFIG_WCE" in negotiated(guest)
    for on in (0, 1, 0):
        assert "failed" not in guest.cmd(f"blk wce virtio-blk0 {on}")
        block = [b for b in guest.qmp("query-block") if "inserted" in b]
        assert block[0]["inserted"]["cache"]["writeback"] is bool(on)
    guest.cmd("virtio reset virtio-blk0")
    block = [b for b in guest.qmp("query-block") if "inserted" in b]
    assert block[0]["inserted"]["cache"]["writeback"] is False, "a reset forgot the setting"


def test_device_that_never_answers(own, boot, virtio, tmp_path):
    """The device is reset after the time limit, the caller gets -ETIMEOUT, and the disk works again."""
    image = disk.make(tmp_path / "d", 8 * MIB, seed=14)
    slow = {"driver": "throttle", "throttle-group": "limit"}
    guest = boot(["-object", "throttle-group,id=limit"] + disk.attach(image, filters=(slow,)), needs=("blk",))

    def limit(bytes_per_second):
        guest.qmp("qom-set", path="/objects/limit", property="limits", value={"bps-total": bytes_per_second})

    assert guest.cmd("blk crc virtio-blk0 0 256") == disk.crc(image, 0, 256)
    # The first read passes on credit, the next one waits 8 seconds. The driver's limit in the test kernel is 5 seconds; QEMU
    # completes what is in flight before it answers a reset, so that a request that is never answered would hang QEMU.
    limit(4096)
    guest.cmd("blk read virtio-blk0 0 64")
    said = guest.cmd("blk read virtio-blk0 64 8", 30)
    assert "failed: -2 (ETIMEOUT)" in said, said
    limit(0)
    assert guest.cmd("blk crc virtio-blk0 0 256", 30) == disk.crc(image, 0, 256)
    assert re.search(r"resets 1\b", guest.cmd("virtio stats virtio-blk0"))
