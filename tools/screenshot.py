# SPDX-License-Identifier: Apache-2.0
"""`make screenshot`: boots an image with one device of every kind, switches the demo's screen on, paints and types by
QMP, and writes what the guest shows to a PNG. Needs no desktop."""

import argparse
import math
import os
import shutil
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests/guest")]

import qemu  # noqa: E402
from lib import demo, disk, hand, screen  # noqa: E402
from lib.guest import Guest, GuestError  # noqa: E402

TEXT = "Hello from RT-Thread!\nThe pointer paints, the\nkeyboard types here.\n"
PAUSE = 0.02    # seconds between two points, as of a hand


def wave(width, middle, height, phase):
    """Points of a line that goes up and down across the paper."""
    steps = 80
    return [(20 + (width - 40) * i // steps, round(middle + height * math.sin(phase + i / steps * 5 * math.pi)))
            for i in range(steps + 1)]


def paint(pointer):
    """A sun over waves of three colours."""
    width, height = pointer.paper[2:]
    pointer.wheel(14)
    pointer.choose(4)
    pointer.stroke([(width - 60, height // 5), (width - 60, height // 5 + 1)])
    pointer.wheel(-12)
    for i, colour in enumerate((1, 2, 5)):
        pointer.choose(colour)
        pointer.stroke(wave(width, height * (9 + 3 * i) // 18, height // 10, 0.8 * i), pause=PAUSE)


def main():
    parser = argparse.ArgumentParser()
    qemu.options(parser)
    parser.add_argument("--size", default="1024x640", help="of the display: WIDTHxHEIGHT")
    parser.add_argument("file")
    a = parser.parse_args()
    if not shutil.which(qemu.program(a.board)):
        sys.exit(f"screenshot: {qemu.program(a.board)} is not on PATH")
    width, height = map(int, a.size.split("x"))
    os.makedirs(os.path.dirname(a.file) or ".", exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        devices = qemu.all_devices(disk.make(os.path.join(directory, "disk"), seed=1), directory, gpu=f"id=gpu,xres={width},yres={height}")
        guest = Guest(directory, a.board, a.virtio, a.kernel, devices, a.smp, a.mem)
        try:
            guest.wait_prompt()
            said = guest.cmd("screen on")
            if said:
                sys.exit(f"screenshot: {said}")
            guest.cmd("blk crc virtio-blk0 0 2048")     # for its counters
            hand.type_text(guest, TEXT)
            paint(demo.Tablet(guest, screen.dump(guest)))
            guest.qmp("screendump", filename=os.path.abspath(a.file), format="png")
        except GuestError as e:
            sys.exit(f"screenshot: {e}")
        finally:
            guest.quit()
    print(f"What the guest shows: {a.file}")


if __name__ == "__main__":
    main()
