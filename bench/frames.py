# SPDX-License-Identifier: Apache-2.0
"""Counts what a frame costs on the network: exits, from QEMU's trace events, and copies, from the driver's counters. `make
bench` prints the table.

One stream each: datagrams that make frames of 64 and of 1514 bytes, from and to a host on the other side of a socket, and
TCP through QEMU's user network. Frames are those of both directions: TCP's acknowledgements count as frames, too.
"""

import argparse
import os
import sys
import tempfile
import time

if __name__ == "__main__":
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    os.chdir(root)
    sys.path[:0] = ["tools", "tests/guest"]

from lib import net  # noqa: E402
from lib.guest import Guest  # noqa: E402

FRAMES = 5000
HEADERS = 14 + 20 + 8
BYTES = 8 * net.MIB
FORMAT = "{:8} {:7} {:18} {:>7} {:>13} {:>10} {:>13} {:>7}"


def measure(guest, work):
    """Frames both ways, and per frame: notifications, interrupts raised, MMIO accesses, copies."""
    before, start = net.counters(guest), guest.mark()
    work()
    n, after = guest.count(start), net.counters(guest)
    more = {name: after[name] - before[name] for name in after}
    frames = more["rx_packets"] + more["tx_packets"]
    counts = (n["virtio_queue_notify"], n["virtio_mmio_setting_irq"], n["virtio_mmio_read"] + n["virtio_mmio_write_offset"],
              more["rx_copies_made"] + more["tx_copies_made"])
    return frames, [count / frames for count in counts]


def datagrams(guest, peer):
    for size in (64, 1514):
        def send():
            guest.cmd(f"udp send 10.77.0.2 9 {FRAMES} {size - HEADERS}", 60)

        def receive():
            guest.send("udp receive 9 1")
            guest.wait_for(b"udp: listening on port 9", 10)
            peer.send_series(9, FRAMES, size - HEADERS, 4000)
            guest.wait_prompt(60)

        yield f"send {size}", measure(guest, send)
        yield f"receive {size}", measure(guest, receive)


def streams(guest, port):
    yield "TCP send", measure(guest, lambda: net.guest_sends(guest, "10.0.2.2", net.listen(), BYTES))
    yield "TCP receive", measure(guest, lambda: net.guest_receives(guest, 5002, lambda: net.connect("127.0.0.1", port), BYTES))


def run(board, virtio, kernel, devices, work):
    with tempfile.TemporaryDirectory() as directory:
        guest = Guest(directory, board, virtio, kernel, devices, trace=True)
        try:
            guest.wait_prompt()
            for name, (frames, costs) in work(guest):
                print(FORMAT.format(board, virtio, name, frames, *("%.3f" % cost for cost in costs)), flush=True)
        finally:
            guest.quit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel")
    parser.add_argument("--board", choices=("riscv64", "aarch64"))
    a = parser.parse_args()
    print(FORMAT.format("board", "virtio", "one stream", "frames", "notifications", "interrupts", "MMIO accesses", "copies"))
    for board in (a.board,) if a.board else ("riscv64", "aarch64"):
        for virtio in ("legacy", "modern", "packed"):
            with net.Peer() as peer:
                def work(guest):
                    net.set_address(guest, "10.77.0.1", "10.77.0.2")
                    net.ping(guest, "10.77.0.2", 1)
                    time.sleep(1)
                    yield from datagrams(guest, peer)
                run(board, virtio, a.kernel, peer.devices(), work)
            port = net.free_port()

            def work(guest):
                net.wait_for_address(guest)
                yield from streams(guest, port)
            run(board, virtio, a.kernel, net.user({port: 5002}), work)


if __name__ == "__main__":
    main()
