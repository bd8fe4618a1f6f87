# SPDX-License-Identifier: Apache-2.0
"""Eight threads on one disk, with the device reset under them."""

import re
import time

import pytest
from lib import disk
from lib.guest import MIXED


@pytest.mark.parametrize("options", ("", "num-queues=4", "indirect_desc=off"), ids=("plain", "num-queues=4", "indirect_desc=off"))
@pytest.mark.parametrize("board, virtio, smp", MIXED + (("riscv64", "packed", 4),))
def test_stress_under_reset(boot, virtio, tmp_path, smp, options):
    image = disk.make(tmp_path / "d", seed=20)
    guest = boot(disk.attach(image, options), smp=smp, needs=("blk", "virtio"))
    start = guest.here()
    guest.cmd("blk bgstress virtio-blk0 8 3")
    resets = 0
    result = re.compile(rb"stress: (\d+) requests, (\d+) errors, (\d+) mismatches")
    while not result.search(guest.console, start):
        assert "virtio-blk0: reset and recovered" in guest.cmd("virtio reset virtio-blk0", 30)
        resets += 1
        time.sleep(0.05)        # so that something is done between two resets, however busy this machine is
    requests, errors, mismatches = (int(n) for n in result.search(guest.console, start).groups())
    assert resets > 5
    assert requests > 100 and errors == 0 and mismatches == 0
    counted = re.search(r"resets (\d+)", guest.cmd("virtio stats virtio-blk0")).group(1)
    assert int(counted) >= resets
    assert guest.cmd("blk crc virtio-blk0 0 1024", 30) == disk.crc(image, 0, 1024)
