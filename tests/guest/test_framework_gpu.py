# SPDX-License-Identifier: Apache-2.0
"""A GPU as fb0, and in RT-Thread's graphic framework: the driver's side, with stand-ins (testkernel/classes)."""

import re
import time

import pytest
from lib import screen

WIDTH, HEIGHT = 320, 200
WHITE, BLACK = b"\xff\xff\xff", bytes(3)
RED, GREEN = b"\xff\0\0", b"\0\xff\0"

pytestmark = pytest.mark.usefixtures("own")


def plain(colour, width=WIDTH, height=HEIGHT):
    return screen.Picture(width, height, colour * (width * height))


def shown(guest, picture):
    """On the screen, now or in a moment: a thread does it."""
    for _ in range(30):
        try:
            return screen.same(guest, picture)
        except AssertionError:
            time.sleep(0.1)
    return screen.same(guest, picture)


# --- fb0 ------------------------------------------------------------------------------------------------------------

def fb(boot, **more):
    return boot(screen.gpu(WIDTH, HEIGHT), variant="classes", **more)


def quiet(guest, *commands):
    for command in commands:
        assert guest.cmd(command) == "", command


def test_fb0(boot, virtio):
    guest = fb(boot)
    said = guest.cmd("as_fb info")
    assert f"var 0: {WIDTH} by {HEIGHT} of {2 * HEIGHT}, at 0, 32 bits, red 16+8 green 8+8 blue 0+8" in said
    assert f'fix 0: "virtio-gpu0" page 0, {2 * WIDTH * HEIGHT * 4} bytes, type 0, visual 2, step {HEIGHT}, line {WIDTH * 4}' in said

    # What a program draws in what it has mapped is seen after FBIOPAN_DISPLAY, with or without an argument.
    assert "map 0, somewhere" in guest.cmd(f"as_fb map 0 {2 * WIDTH * HEIGHT * 4}")
    quiet(guest, f"as_fb fill 0xff0000 {WIDTH * HEIGHT}", "as_fb pan")
    screen.same(guest, plain(RED))
    quiet(guest, f"as_fb fill 0x00ff00 {WIDTH * HEIGHT}", "as_fb pan 0")
    screen.same(guest, plain(GREEN))
    quiet(guest, f"as_fb pan {HEIGHT}")         # the second buffer
    screen.same(guest, plain(BLACK))
    assert f"at {HEIGHT}, 32 bits" in guest.cmd("as_fb info")
    for line in (1, 2 * HEIGHT):
        assert "error" in guest.cmd(f"as_fb pan {line}")
    quiet(guest, "as_fb pan 0", "as_fb wait", "as_fb blank 1", "as_fb blank 0")
    screen.same(guest, plain(GREEN))

    # It is mapped: no other size, no 16 bits; but another order of colours, in the same memory.
    assert "error" in guest.cmd("as_fb put 160 100 32")
    assert "error" in guest.cmd(f"as_fb put {WIDTH} {HEIGHT} 16")
    assert "error" in guest.cmd("gpu mode 160 100") or "-7" in guest.cmd("gpu mode 160 100")
    quiet(guest, f"as_fb put {WIDTH} {HEIGHT} 32 rgb", f"as_fb fill 0x0000ff {WIDTH * HEIGHT}", "as_fb pan")
    screen.same(guest, plain(RED))


def test_fb0_changes(boot, virtio):
    guest = fb(boot)
    quiet(guest, "as_fb put 160 100 16")
    said = guest.cmd("as_fb info")
    assert "var 0: 160 by 100 of 200, at 0, 16 bits, red 11+5 green 5+6 blue 0+5" in said
    assert "64000 bytes" in said and "line 320" in said
    assert guest.cmd("as_fb map 0 4096") == "map -6"        # -RT_ENOSYS: 16 bits are converted
    quiet(guest, "as_fb put 64 48 32 rgb")
    assert "var 0: 64 by 48 of 96, at 0, 32 bits, red 0+8 green 8+8 blue 16+8" in guest.cmd("as_fb info")
    screen.same(guest, plain(BLACK, 64, 48))
    quiet(guest, "as_fb put 128 128 32 any test")           # only asks
    assert "var 0: 64 by 48" in guest.cmd("as_fb info")
    for wrong in ("0 48 32", "64 0 32", "64 48 24", "70000 48 32"):
        assert "error" in guest.cmd("as_fb put " + wrong), wrong


def test_fb0_is_not_mapped_beyond_its_end(boot, virtio):
    guest = fb(boot)
    size = 2 * WIDTH * HEIGHT * 4
    pages = -(-size // 4096)
    for page, length in ((0, 0), (0, pages * 4096 + 1), (1, pages * 4096), (pages, 1), (pages - 1, 4097), (2**40, 4096), (-1, 4096),
                         (0, 2**63)):
        assert guest.cmd(f"as_fb map {page} {length}") == "map -10", (page, length)
    for page, length in ((0, 1), (pages - 1, 4096), (1, (pages - 1) * 4096)):
        assert guest.cmd(f"as_fb map {page} {length}") == "map 0, somewhere", (page, length)
    assert "error -6" in guest.cmd("as_fb other 0x4604")
    assert "no fb0" not in guest.cmd("as_fb info")


def test_no_fb0_without_a_gpu(boot, virtio):
    assert boot([], variant="classes").cmd("as_fb info") == "no fb0"


# --- the graphic framework ------------------------------------------------------------------------------------------

ARGB, ABGR, RGB565 = 10, 11, 5


def graphic(boot, options="", **more):
    guest = boot(screen.gpu(WIDTH, HEIGHT, options), variant="graphic", **more)
    guest.cmd("gpu info")
    return guest


def use(guest, *commands, name="fb0"):
    for command in commands:
        assert guest.cmd(f"framework_gpu {name} {command}") == "", command


def info(guest, name="fb0"):
    return guest.cmd(f"framework_gpu {name} info")


def test_planes(boot, virtio):
    guest = graphic(boot)
    said = info(guest)
    assert f"{WIDTH} by {HEIGHT}, 32 bits, pitch {WIDTH * 4}, {2 * WIDTH * HEIGHT * 4} bytes, not mapped" in said
    assert "edid 00 ff ff ff ff ff ff 00" in said           # QEMU's
    assert "error -10" in guest.cmd("framework_gpu fb0 update")     # nobody has opened it
    use(guest, "open", "wait")
    assert "mapped, status 1" in info(guest)
    screen.same(guest, plain(BLACK))

    # Damage: what is not told of is not seen.
    use(guest, "fill 0xff0000 0", "update 10 20 30 40", "wait")
    shown(guest, plain(BLACK).with_part(plain(RED), 10, 20, 30, 40))
    use(guest, "update 300 190 5000 5000", "update 0 0 1 1", "wait")
    use(guest, "update", "wait")
    shown(guest, plain(RED))

    # Another buffer, and back; what is no buffer.
    use(guest, "fill 0x00ff00 1", "pan 1", "wait")
    shown(guest, plain(GREEN))
    use(guest, "pan 0", "wait")
    shown(guest, plain(RED))
    assert "error" in guest.cmd("framework_gpu fb0 pan 2")

    # Formats. The same memory with 32 bits, other memory with 16.
    use(guest, f"mode {ABGR}", "fill 0x0000ff 0", "update", "wait")
    shown(guest, plain(RED))
    use(guest, f"mode {RGB565}", "fill 0x07e0 0", "update", "wait")
    assert f"16 bits, pitch {WIDTH * 2}" in info(guest)
    shown(guest, plain(GREEN))
    use(guest, f"mode {ARGB}", "fill 0xffffff 0", "update", "wait")
    shown(guest, plain(WHITE))

    use(guest, "power 0", "wait")
    assert "status 0" in info(guest)
    use(guest, "power 1", "wait")
    assert "status 1" in info(guest)
    shown(guest, plain(WHITE))
    # Our own device is there, too, but has the picture only as long as it stays where it is.
    assert guest.cmd("gpu test bars") == ""
    screen.same(guest, screen.bars(WIDTH, HEIGHT))
    assert guest.cmd("gpu mode 160 100") != ""
    use(guest, "close")


def test_cursor_plane(boot, virtio):
    guest = boot(screen.gpu(WIDTH, HEIGHT) + ["-trace", "enable=virtio_gpu_update_cursor"], variant="graphic")
    guest.misbehaves = True     # so that traces are no complaints
    use(guest, "open", "cursor 5 6", "image", "wait", "cursor 7 8", "cursor 100 50", "wait")
    time.sleep(0.3)
    told = [re.search(r"x (\d+), y (\d+), (\w+), res 0x(\w+)", line).groups() for line in guest.complaints()]
    assert told and told[-1][:2] == ("100", "50"), told
    assert any(res != "0" for *_, res in told), told


def test_the_display_changes(boot, virtio):
    """Whoever has it open keeps what he has, and is told; the next one gets the new size."""
    guest = graphic(boot)
    use(guest, "open", "fill 0xff0000 0", "update", "wait")
    changes = int(re.search(r"(\d+) changes", info(guest)).group(1))
    guest.cmd("virtio reset virtio-gpu0")
    shown(guest, plain(RED))
    use(guest, "fill 0x00ff00 0", "update", "wait")
    shown(guest, plain(GREEN))
    assert f"{WIDTH} by {HEIGHT}" in info(guest)
    assert int(re.search(r"(\d+) changes", info(guest)).group(1)) >= changes
    use(guest, "close", "open", "wait")
    shown(guest, plain(GREEN))


def test_several_displays(boot, virtio):
    guest = graphic(boot, options="max_outputs=2")
    use(guest, "open", "wait")
    use(guest, "open", "fill 0x00ff00 0", "update", "wait", name="fb1")
    screen.same(guest, plain(BLACK))
    assert "1024 by 768" in info(guest, "fb1") or f"{WIDTH} by {HEIGHT}" in info(guest, "fb1")
    assert "edid 00 00 00 00 00 00 00 00 ... 5a" in info(guest, "fb1") or "edid 00 ff" in info(guest, "fb1")


def test_without_an_edid(boot, virtio):
    guest = graphic(boot, options="edid=off")
    assert "edid 00 00 00 00 00 00 00 00 ... 5a" in info(guest)
    use(guest, "open", "fill 0xffffff 0", "update", "wait")
    shown(guest, plain(WHITE))


# --- removal --------------------------------------------------------------------------------------------------------

def test_fb0_goes_with_its_gpu(boot, virtio):
    guest = fb(boot)
    assert "virtio-gpu0: removed" in guest.cmd("virtio remove virtio-gpu0", 30)
    assert guest.cmd("as_fb info") == "no fb0"
    guest.cmd("rescan")
    assert "map 0, somewhere" in guest.cmd("as_fb map 0 4096")
    assert "in use" in guest.cmd("virtio remove virtio-gpu0")       # a program may be drawing
    assert "map 0, somewhere" in guest.cmd("as_fb map 0 4096")


def test_a_gpu_leaves_the_framework(boot, virtio):
    guest = graphic(boot, options="max_outputs=2")
    for _ in range(3):
        use(guest, "open", "fill 0xff0000 0", "update", "wait")
        shown(guest, plain(RED))
        assert "in use" in guest.cmd("virtio remove virtio-gpu0")
        use(guest, "fill 0x00ff00 0", "update", "close")     # and not waited for
        assert "virtio-gpu0: removed" in guest.cmd("virtio remove virtio-gpu0", 30)
        assert "fb0" not in guest.cmd("list device")
        guest.cmd("rescan")
        assert len(re.findall(r"^fb\d ", guest.cmd("list device"), re.M)) == 2
