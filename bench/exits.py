# SPDX-License-Identifier: Apache-2.0
"""Counts what a 4 KiB read of virtio-blk0 costs in exits, from QEMU's trace events. `make bench` prints the table.

One request in flight (1 thread) and eight (8 threads). Notifications and MMIO accesses leave the guest; interrupts enter it.
"""

import argparse
import os
import sys
import tempfile

if __name__ == "__main__":
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    os.chdir(root)
    sys.path[:0] = ["tools", "tests/guest"]

from lib import disk  # noqa: E402
from lib.guest import Guest  # noqa: E402

OPS = 1000
FORMAT = "{:8} {:7} {:>7}  {:>13} {:>10} {:>13}"
HEADER = FORMAT.format("board", "virtio", "threads", "notifications", "interrupts", "MMIO accesses")


def per_read(guest, threads, ops=OPS):
    """Notifications, interrupts raised, and MMIO accesses (these include the notifications) for one 4 KiB read."""
    start = guest.mark()
    said = guest.cmd(f"blk bench virtio-blk0 {threads} {ops}", timeout=60)
    assert "failed" not in said, said
    n = guest.count(start)
    accesses = n["virtio_mmio_read"] + n["virtio_mmio_write_offset"]
    return tuple(x / ops for x in (n["virtio_queue_notify"], n["virtio_mmio_setting_irq"], accesses))


def row(guest, threads, numbers):
    return FORMAT.format(guest.board, guest.virtio, threads, *("%.3f" % x for x in numbers))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel")
    parser.add_argument("--board", choices=("riscv64", "aarch64"))
    a = parser.parse_args()
    print(HEADER)
    for board in (a.board,) if a.board else ("riscv64", "aarch64"):
        for virtio in ("legacy", "modern"):
            with tempfile.TemporaryDirectory() as directory:
                image = disk.make(os.path.join(directory, "disk.img"), seed=1)
                guest = Guest(directory, board, virtio, a.kernel, disk.attach(image), trace=True)
                try:
                    guest.wait_prompt()
                    for threads in (1, 8):
                        print(row(guest, threads, per_read(guest, threads)), flush=True)
                finally:
                    guest.quit()


if __name__ == "__main__":
    main()
