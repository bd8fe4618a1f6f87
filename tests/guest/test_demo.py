# SPDX-License-Identifier: Apache-2.0
"""The demo's screen: what one sees when one paints and types on it, and that it comes, follows, and goes without a trace."""

import os
import re
import struct
import subprocess
import time

import pytest
import qemu
from lib import demo, disk, hand, screen, vnc

SIZE = 800, 600

# Several CPUs: both boards with modern devices, one with legacy ones.
SCREENS = [(board, virtio, 1) for board in ("riscv64", "aarch64") for virtio in ("legacy", "modern")]
SCREENS += [("riscv64", "legacy", 4), ("riscv64", "modern", 4), ("aarch64", "modern", 4)]


def eventually(look, seconds=15):
    """Repeats `look` until it returns something; an assertion that fails in it may hold later."""
    end = time.monotonic() + seconds
    while True:
        try:
            return look()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def painted(guest, paper, left, top):
    def look():
        seen = screen.dump(guest)
        assert paper.differs(seen, left, top) is None
        return seen
    return eventually(look)


def written(guest, text):
    """Until it is on the screen; returns where."""
    def look():
        place = demo.find(screen.dump(guest), text)
        assert place, f"{text!r} is not to be seen"
        return place
    return eventually(look)


def used(guest):
    return int(re.search(r"used\D*(\d+)", guest.cmd("free")).group(1))


def idle(guest, bytes_used):
    """What an ended thread had is freed a moment later."""
    def look():
        assert used(guest) == bytes_used
    eventually(look)


def shell_counters(guest, name):
    """Requests and resets of all queues, as the table has them."""
    said = guest.cmd(f"virtio stats {name}")
    return tuple(sum(map(int, re.findall(rf" {counter} (\d+)", said))) for counter in ("requests", "resets"))


class Table:
    """The table of the devices, by the names of its columns."""

    def __init__(self, guest):
        self.guest, picture = guest, screen.dump(guest)
        self.columns = {title: demo.find(picture, title) for title in ("device", "requests", "resets")}
        assert all(self.columns.values()), self.columns
        self.left, self.top = self.columns["device"]

    def names(self, count):
        picture = screen.dump(self.guest)
        return [demo.read(picture, self.left, self.top + 26 + 20 * row, 15).strip() for row in range(count)]

    def counters(self, row):
        """Requests and resets. Numbers end where the column's name does; there are at most nine digits."""
        picture, values = screen.dump(self.guest), []
        for title, digits in (("requests", 9), ("resets", 6)):
            right = self.columns[title][0] + len(title) * demo.CELL[0]
            values.append(int(demo.read(picture, right - digits * demo.CELL[0], self.top + 26 + 20 * row, digits)))
        return tuple(values)


def arrow():
    """The cursor, as demo/screen_paint.c has it: (x, y) of what is dark, and of what is white."""
    with open("demo/screen_paint.c") as f:
        rows = re.findall(r'"([#. ]{12})"', f.read())
    assert len(rows) == 19
    return [{(x, y) for y, row in enumerate(rows) for x, c in enumerate(row) if c == kind} for kind in "#."]


def check_cursor(path):
    with vnc.Viewer(path, vnc.CURSOR) as viewer:
        width, height, pixels = viewer.cursor()
    assert (width, height) == (64, 64)
    dark, white = arrow()
    for y in range(height):
        for x in range(width):
            blue, green, red, alpha = pixels[(y * width + x) * 4:][:4]
            if (x, y) in dark or (x, y) in white:
                assert alpha == 255 and (red + green + blue == 765) == ((x, y) in white), (x, y)
            else:
                assert alpha == 0, (x, y)


@pytest.mark.parametrize("board, virtio, smp", SCREENS)
def test_screen(own, boot, board, virtio, smp, tmp_path):
    socket = str(tmp_path / "vnc")
    devices = qemu.all_devices(disk.make(tmp_path / "d", seed=7), str(tmp_path), gpu=f"id=gpu,xres={SIZE[0]},yres={SIZE[1]}")
    guest = boot(devices + vnc.args(socket), needs=("screen",), smp=smp)
    assert guest.cmd("screen") == "screen: off"
    names = [line.split()[0] for line in guest.cmd("virtio").splitlines() if "0x" in line]
    # The driver keeps its frame buffer and cursor; all else is the screen's.
    for command in ("gpu cursor 1 2", "gpu cursor off"):
        assert guest.cmd(command) == ""
    before = used(guest)
    assert guest.cmd("screen on") == guest.cmd("screen off") == ""
    idle(guest, before)
    screen.same(guest, screen.flat(*SIZE))
    assert guest.cmd("screen on") == "" and guest.cmd("screen on") == ""
    assert guest.cmd("screen").startswith("screen: 800 by 600, ")

    # The table, and that it is live: the disk's counters become the shell's.
    table = Table(guest)
    assert table.names(len(names)) == names
    row, stats = names.index("virtio-blk0"), shell_counters(guest, "virtio-blk0")
    guest.cmd("blk crc virtio-blk0 0 512")
    more = shell_counters(guest, "virtio-blk0")
    assert more > stats

    def counted():
        assert table.counters(row) == more
    eventually(counted)

    # What is typed.
    hand.type_text(guest, "Hello, World~\b! {[}]\n\"2nd\" line|\n")
    left, top = written(guest, "Hello, World! {[}]")
    assert written(guest, '"2nd" line|') == (left, top + 16)
    with vnc.Viewer(socket) as viewer:
        hand.tap(guest, "caps_lock")
        viewer.wait_for_leds(vnc.CAPS)
        hand.type_text(guest, "abc XYZ 1!")
        assert written(guest, "ABC xyz 1!") == (left, top + 32)
        written(guest, "Caps Lock")
        hand.tap(guest, "caps_lock")
        viewer.wait_for_leds(0)

    def no_caps():
        assert demo.find(screen.dump(guest), "Caps Lock") is None
    eventually(no_caps)

    # What is painted: the tablet, the other button, another colour and brush, the mouse.
    pointer = demo.Tablet(guest, screen.dump(guest))
    x, y, width, height = pointer.paper
    paper = demo.Paper(width, height)
    edges = [(30, 20), (31, 20), (90, 100), (90, 40), (20, 110), (width + 20, 120)]
    pointer.stroke(edges)
    paper.stroke(edges, 3, demo.COLOURS[0])
    painted(guest, paper, x, y)
    pointer.stroke([(60, 60), (80, 62)], "right")
    paper.stroke([(60, 60), (80, 62)], 2 * 3 + 4, demo.PAPER)
    pointer.choose(3)
    pointer.wheel(3)
    pointer.wheel(-1)
    pointer.stroke([(0, 0), (width - 1, height - 1)])
    paper.stroke([(0, 0), (width - 1, height - 1)], 5, demo.COLOURS[3])
    painted(guest, paper, x, y)
    mouse = demo.Mouse(guest, screen.dump(guest), pointer.paper)
    points = [(150, 30), (120, 80), (121, 81)]
    mouse.to(x + 150, y + 30)
    mouse.button("left", True)      # the tablet's, QEMU gives it to that; between two devices there is no order but by waiting
    for end in (1, 3):
        for point in points[1:end]:
            mouse.to(x + point[0], y + point[1])
        paper.stroke(points[:end], 5, demo.COLOURS[3])
        painted(guest, paper, x, y)
    mouse.button("left", False)
    check_cursor(socket)
    os.makedirs("build/results", exist_ok=True)
    guest.qmp("screendump", filename=os.path.abspath(f"build/results/screen-{board}-{virtio}.png"), device="gpu", format="png")

    # A reset: what was there is there again, and goes on.
    row, resets = names.index("virtio-gpu0"), table.counters(names.index("virtio-gpu0"))[1]
    assert guest.cmd("virtio reset virtio-gpu0") == "virtio-gpu0: reset and recovered"
    painted(guest, paper, x, y)
    hand.type_text(guest, " again")
    written(guest, "ABC xyz 1! again")

    def reset_seen():
        assert table.counters(row)[1] > resets
    eventually(reset_seen)
    check_cursor(socket)

    # Gone without a trace, and back; the paper is new.
    assert guest.cmd("screen off") == "" and guest.cmd("screen off") == ""
    screen.same(guest, screen.flat(*SIZE))
    idle(guest, before)
    assert guest.cmd("screen on") == ""
    painted(guest, demo.Paper(width, height), x, y)

    # Another size: what was typed and painted stays.
    hand.type_text(guest, "grow")
    pointer.stroke(edges[:5])
    paper = demo.Paper(width, height)
    paper.stroke(edges[:5], 3, demo.COLOURS[0])
    painted(guest, paper, x, y)
    with screen.Viewer(socket) as viewer:
        for size in ((1024, 700), (640, 480)):
            viewer.resize(*size)

            def resized():
                seen = screen.dump(guest)
                assert (seen.width, seen.height) == size
                return demo.find_paper(seen)
            x, y, width, height = eventually(resized)
            written(guest, "grow")
            part = demo.Paper(150, 115)
            part.stroke(edges[:5], 3, demo.COLOURS[0])
            painted(guest, part, x, y)
    # The shell's way to another mode is followed as well.
    assert guest.cmd("gpu mode 700 500") == ""
    written(guest, "grow")
    assert guest.cmd("screen").startswith("screen: 700 by 500, ")
    assert guest.cmd("screen off") == ""
    assert guest.cmd("memcheck").endswith("all whole")


def test_mouse_and_command_line(own, boot, virtio):
    """A mouse alone; and the screen is there from the start, because the kernel's command line says so."""
    guest = boot(screen.gpu(640, 480) + qemu.on_bus("virtio-mouse-device", 5) + qemu.on_bus("virtio-keyboard-device", 4)
                 + ["-append", "quiet screen"])
    paper = eventually(lambda: demo.find_paper(screen.dump(guest)))     # the prompt may come first
    mouse = demo.Mouse(guest, screen.dump(guest), paper)
    x, y, width, height = mouse.paper
    paper = demo.Paper(width, height)
    for points in ([(10, 10), (100, 40), (20, 90)], [(200, 100)]):
        mouse.stroke(points)
        paper.stroke(points, 3, demo.COLOURS[0])
    painted(guest, paper, x, y)
    assert guest.cmd("screen off") == ""


class Desktop:
    """An X server without a monitor, and what is on its screen."""

    def __init__(self, directory):
        near, far = os.pipe()
        self.file = directory / "Xvfb_screen0"
        self.process = subprocess.Popen(["Xvfb", "-displayfd", str(far), "-screen", "0", "1100x800x24", "-nolisten", "tcp", "-fbdir",
                                         str(directory)], pass_fds=[far], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(far)
        with os.fdopen(near) as f:
            self.display = ":" + f.readline().strip()

    def picture(self):
        """In X's own format: a header in words, then pixels of four bytes, blue first."""
        data = self.file.read_bytes()
        header = struct.unpack(">25I", data[:100])
        width, height, line = header[4], header[5], header[12]
        pixels, data = bytearray(3 * width * height), data[header[0] + 12 * header[19]:][:line * height]
        assert line == 4 * width
        pixels[0::3], pixels[1::3], pixels[2::3] = data[2::4], data[1::4], data[0::4]
        return screen.Picture(width, height, pixels)

    def do(self, *commands):
        """xdotool's, with time for the window to see one after the other."""
        for command in commands:
            subprocess.run(["xdotool", *map(str, command)], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=20)
            time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(10)


def test_window(own, board, tmp_path):
    """What `make run` opens on a desktop can be painted in and typed in."""
    with Desktop(tmp_path) as desktop:
        environment = {name: value for name, value in os.environ.items() if name not in ("WAYLAND_DISPLAY", "WINDOW")}
        run = subprocess.Popen(["/usr/bin/python3", "tools/run.py", "--board", board, "--virtio", "modern", "--port", "0",
                                "--disk", disk.make(tmp_path / "d", seed=3), "--kernel", f"build/{board}/rt-virtio.elf"],
                               env={**environment, "DISPLAY": desktop.display}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        try:
            def settled():
                """The window finds its size, and the guest follows; meanwhile the picture may be scaled."""
                place = demo.find_paper(desktop.picture())
                assert demo.read(desktop.picture(), place[0], place[1] - 24, 5) == "Paint"
                time.sleep(1)
                assert demo.find_paper(desktop.picture()) == place
                return place
            x, y, width, height = eventually(settled, 40)
            paper = demo.Paper(width, height)
            desktop.do(("mousemove", x + 40, y + 30), ("mousedown", 1), ("mousemove", x + 140, y + 70),
                       ("mousemove", x + 150, y + 30), ("mouseup", 1), ("mousemove", x + 60, y - 100), ("type", "Hello X!"))
            paper.stroke([(40, 30), (140, 70), (150, 30)], 3, demo.COLOURS[0])

            def seen():
                assert paper.differs(desktop.picture(), x, y) is None
                assert demo.read(desktop.picture(), x + width + 28, y, 8) == "Hello X!"
            eventually(seen)
            output = run.communicate(b"screen off\n", 60)[0].decode(errors="replace")
        finally:
            run.terminate()     # which it does not outlive: QEMU ends with its window
            run.wait(10)
    assert run.returncode == 0 and "in a window" in output, output


def test_without_a_gpu(own, boot, board):
    guest = boot(qemu.on_bus("virtio-keyboard-device", 4) + ["-append", "screen"])
    assert guest.cmd("screen") == "screen: off"
    assert b"screen:" not in guest.console.split(b"msh")[0]
    assert guest.cmd("screen on") == "screen: no virtio-gpu0; `virtio` lists the devices"
    assert guest.cmd("screen x").startswith("usage: screen ")
