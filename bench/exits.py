# SPDX-License-Identifier: Apache-2.0
"""Counts what a 4 KiB read of virtio-blk0 costs: exits, from QEMU's trace events, and on riscv64 guest instructions, under
-icount. `make bench` prints the tables.

One request in flight (1 thread) and eight (8 threads). Notifications and MMIO accesses leave the guest; interrupts enter it.
Instructions are all that the guest executes: the thread that reads, the driver, the interrupt, the scheduler, the tick.
"""

import argparse
import os
import re
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


def instructions_per_read(guest, threads):
    """From the difference between a long run and a short one, so that what is done once does not count."""
    def run(ops):
        def executed():
            return int(re.search(r"instructions (\d+)", guest.cmd("testkernel instructions")).group(1))

        start = executed()
        guest.cmd(f"blk bench virtio-blk0 {threads} {ops}", timeout=60)
        return executed() - start

    return min(run(6 * OPS) - run(2 * OPS) for _ in range(3)) / (4 * OPS)


def row(guest, threads, numbers):
    return FORMAT.format(guest.board, guest.virtio, threads, *("%.3f" % x for x in numbers))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel")
    parser.add_argument("--board", choices=("riscv64", "aarch64"))
    a = parser.parse_args()
    print(HEADER)
    for board in (a.board,) if a.board else ("riscv64", "aarch64"):
        for virtio in ("legacy", "modern", "packed"):
            with tempfile.TemporaryDirectory() as directory:
                image = disk.make(os.path.join(directory, "disk.img"), seed=1)
                guest = Guest(directory, board, virtio, a.kernel, disk.attach(image), trace=True)
                try:
                    guest.wait_prompt()
                    for threads in (1, 8):
                        print(row(guest, threads, per_read(guest, threads)), flush=True)
                finally:
                    guest.quit()
    if a.kernel or a.board not in (None, "riscv64"):
        return
    # With one thread the guest waits for the host most of the time, and what it does meanwhile would be counted, too.
    print("\nguest instructions per 4 KiB read, riscv64, 8 threads")
    for virtio in ("legacy", "modern", "packed"):
        with tempfile.TemporaryDirectory() as directory:
            image = disk.make(os.path.join(directory, "disk.img"), seed=1)
            guest = Guest(directory, "riscv64", virtio, None, ["-icount", "shift=0"] + disk.attach(image))
            try:
                guest.wait_prompt()
                print(f"{virtio:7} {instructions_per_read(guest, 8):8.0f}", flush=True)
            finally:
                guest.quit()


if __name__ == "__main__":
    main()
