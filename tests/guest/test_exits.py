# SPDX-License-Identifier: Apache-2.0
"""What a 4 KiB read costs in exits. The table is printed at the end of the run, and by `make bench`."""

import pytest
import exits
from lib import disk


@pytest.mark.packed
def test_exits_per_read(boot, board, virtio, tmp_path, record_property):
    guest = boot(disk.attach(disk.make(tmp_path / "d", seed=30)), needs=("blk",), trace=True)
    alone, together = exits.per_read(guest, 1), exits.per_read(guest, 8)
    record_property("exits", exits.row(guest, 1, alone))
    record_property("exits", exits.row(guest, 8, together))
    notifications, interrupts, accesses = alone
    assert notifications <= 1.01
    assert interrupts <= 1.01
    assert accesses <= 3.1
    assert together[2] <= accesses
