# SPDX-License-Identifier: Apache-2.0
"""virtio-gpu: what is drawn in the guest is on QEMU's screen, pixel by pixel; what is not updated is not."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from lib import qtest, screen
from lib.guest import MIXED

FORMATS = ("rgb888", "bgr888", "argb888", "abgr888")
TRACE = ["-trace", "enable=virtio_gpu_update_cursor"]


def start(boot, width=640, height=480, options="", devices=(), **more):
    guest = boot(screen.gpu(width, height, options) + list(devices), needs=("gpu",), **more)
    guest.cmd("gpu info")      # with several CPUs, the demo's greeting may come behind the first prompt
    return guest


def needs_pictures(boot, guest, count):
    """An image that is not ours may have a smaller frame buffer, RT-Thread's menuconfig says one picture."""
    if boot.foreign:
        width, height, depth, size = map(int, re.search(r"(\d+) by (\d+), .*? (\d+) bits a pixel, .*? (\d+) bytes, o", guest.cmd("gpu info")).groups())
        if size < width * height * depth // 8 * count:
            pytest.skip(f"needs RT_VIRTIO_GPU_BUFFERS={count}; the image's frame buffer is smaller")


def quiet(guest, *commands):
    for command in commands:
        assert guest.cmd(command) == "", command


def counters(guest):
    """Of the queue of commands, and of the device."""
    said = guest.cmd("virtio stats virtio-gpu0")
    queue = re.search(r"queue 0:(.*)$", said, re.M).group(1)
    device = re.search(r"^virtio-gpu0: (.*)$", said, re.M).group(1)
    return {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", queue + " " + device)}


def used(guest):
    return int(re.search(r"used\D*(\d+)", guest.cmd("free")).group(1))


def cursors(guest):
    """What QEMU was told of cursors, in order: display, x, y, whether there is one. A screendump has no cursor in it."""
    said = guest.complaints()
    assert all(line.startswith("virtio_gpu_update_cursor ") for line in said), said
    told = [re.search(r"scanout (\d+), x (\d+), y (\d+), (\w+), res 0x(\w+)", line).groups() for line in said]
    return [(int(scanout), int(x), int(y), res != "0") for scanout, x, y, _, res in told]


@pytest.mark.packed("riscv64")
def test_what_is_drawn_is_seen(boot, virtio):
    size = width, height = 333, 217
    guest = start(boot, *size)
    quiet(guest, "gpu test bars")
    bars = screen.bars(*size)
    screen.same(guest, bars)

    # All is drawn, but only a part is told of, at an odd place.
    before = counters(guest)
    quiet(guest, "gpu test rect")
    after = counters(guest)
    screen.same(guest, bars.with_part(screen.gradient(*size), *screen.PART))
    # Transfer and flush go together.
    assert after["requests"] - before["requests"] == 2 and after["notifications"] - before["notifications"] == 1
    assert after["update_bytes"] - before["update_bytes"] == 101 * 67 * 4
    # Cut at the edge, or outside of the picture.
    quiet(guest, "gpu update 300 200 65535 65535", "gpu update 333 0 10 10", "gpu update 0 217 10 10", "gpu update 5 5 0 0")
    part = bars.with_part(screen.gradient(*size), *screen.PART).with_part(screen.gradient(*size), 300, 200, 33, 17)
    screen.same(guest, part)
    assert counters(guest)["updates"] - after["updates"] == 1
    # Where nobody can sleep.
    quiet(guest, "gpu update critical")
    screen.same(guest, screen.gradient(*size))
    # One pixel, the last.
    quiet(guest, "gpu test bars", "gpu test rect", "gpu update 332 216 1 1")
    both = bars.with_part(screen.gradient(*size), *screen.PART)
    screen.same(guest, both.with_part(screen.gradient(*size), 332, 216, 1, 1))

    for pattern in ("lines", "checker", "gradient"):
        quiet(guest, f"gpu test {pattern}")
        screen.same(guest, getattr(screen, pattern)(*size))
    quiet(guest, "gpu test bytes")      # of which the first are seen
    screen.same(guest, screen.gradient(*size).with_part(screen.flat(*size, screen.WHITE), 0, 0, 1, 1))


def test_formats(boot, virtio):
    size = 160, 120
    guest = start(boot, *size)
    for name in FORMATS:
        quiet(guest, f"gpu format {name}", "gpu test gradient")
        assert f"160 by 120, {name}, 32 bits a pixel, 640 bytes a line" in guest.cmd("gpu info")
        screen.same(guest, screen.gradient(*size))
    # The bytes stay, and mean something else: what was red is blue.
    quiet(guest, "gpu format rgb888", "gpu test gradient", "gpu format bgr888")
    pixels = screen.gradient(*size).pixels
    swapped = bytearray(pixels)
    swapped[0::3], swapped[2::3] = pixels[2::3], pixels[0::3]
    screen.same(guest, screen.Picture(*size, swapped))
    assert "cannot do that" in guest.cmd("gpu format rgb666")
    screen.same(guest, screen.Picture(*size, swapped))


def test_16_bits(boot, virtio):
    size = 161, 133
    guest = start(boot, *size)
    quiet(guest, "gpu test bars", "gpu format rgb565")
    assert "161 by 133, rgb565, 16 bits a pixel, 322 bytes a line" in guest.cmd("gpu info")
    screen.same(guest, screen.flat(*size))
    quiet(guest, "gpu test bars")
    screen.same(guest, screen.bars(*size))
    quiet(guest, "gpu test rect")
    gradient = screen.in_16_bits(screen.gradient(*size))
    screen.same(guest, screen.bars(*size).with_part(gradient, *screen.PART))
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu update 0 0 1 1", "gpu update")
    screen.same(guest, gradient)
    for pattern in ("lines", "checker"):
        quiet(guest, f"gpu test {pattern}")
        screen.same(guest, screen.in_16_bits(getattr(screen, pattern)(*size)))
    quiet(guest, "gpu test threads", "gpu test bytes")
    screen.same(guest, gradient.with_part(screen.flat(*size, screen.WHITE), 0, 0, 1, 1))
    quiet(guest, "gpu cursor 1 2", "gpu mode 40 30", "gpu test lines")
    screen.same(guest, screen.lines(40, 30))
    quiet(guest, "gpu format argb888", "gpu test gradient")
    screen.same(guest, screen.gradient(40, 30))


def test_reset_and_the_picture_is_back(boot, virtio):
    size = 320, 200
    guest = start(boot, *size)
    quiet(guest, "gpu test checker", "gpu test rect")
    for _ in range(3):
        assert guest.cmd("virtio reset virtio-gpu0") == "virtio-gpu0: reset and recovered"
    # With all that is in the memory now.
    screen.until(guest, "virtio stats virtio-gpu0", "resets 3")
    quiet(guest, "gpu update 0 0 1 1")
    screen.same(guest, screen.gradient(*size))
    quiet(guest, "gpu test lines")
    screen.same(guest, screen.lines(*size))


def test_modes(boot, virtio):
    guest = start(boot, 640, 480)
    quiet(guest, "gpu test bars", "gpu mode 800 600")
    screen.same(guest, screen.flat(800, 600))
    quiet(guest, "gpu test lines")
    screen.same(guest, screen.lines(800, 600))
    quiet(guest, "gpu mode 33 17", "gpu test lines")
    screen.same(guest, screen.lines(33, 17))
    for bad in ("0 100", "100 0", "16384 10"):
        assert "makes no sense" in guest.cmd(f"gpu mode {bad}")
    assert "no memory" in guest.cmd("gpu mode 16000 16000")
    screen.same(guest, screen.lines(33, 17))

    # Nothing is lost.
    before = used(guest)
    for _ in range(5):
        quiet(guest, "gpu mode 1024 768", "gpu format argb888", "gpu format rgb565", "gpu mode 33 17", "gpu format bgr888")
    assert used(guest) == before
    quiet(guest, "gpu mode")
    assert "640 by 480, bgr888" in guest.cmd("gpu info")
    screen.same(guest, screen.flat(640, 480))


def test_buffers_and_power(own, boot, virtio):
    size = 320, 200
    guest = start(boot, *size)
    assert f"{320 * 200 * 4 * 2} bytes, on" in guest.cmd("gpu info")
    quiet(guest, "gpu test bars", "gpu pan 1")
    screen.same(guest, screen.flat(*size))
    quiet(guest, "gpu test checker")    # by functions, in the one that is shown
    screen.same(guest, screen.checker(*size))
    quiet(guest, "gpu pan 0")
    screen.same(guest, screen.bars(*size))
    assert "makes no sense" in guest.cmd("gpu pan 2")
    quiet(guest, "gpu pan 1", "gpu power off")
    assert ", off" in guest.cmd("gpu info")
    quiet(guest, "gpu power on")
    assert ", on" in guest.cmd("gpu info")
    screen.same(guest, screen.checker(*size))
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu update 0 0 1 1")
    screen.same(guest, screen.checker(*size))
    quiet(guest, "gpu pan 0")
    screen.same(guest, screen.bars(*size))


@pytest.mark.parametrize("size", ((800, 600), (1280, 720)), ids=("800x600", "1280x720"))
def test_what_the_display_says(boot, size):
    width, height = size
    guest = start(boot, *size)
    said = guest.cmd("gpu info")
    assert f"virtio-gpu0: {width} by {height}, " in said
    found = re.search(r'display 0: (\d+) by (\d+), in use, edid ([A-Z]{3}) "(.*)" (\d+) by (\d+) at (\d+) Hz, (\d+) by (\d+) mm', said)
    assert found, said
    assert found.groups()[:6] == (str(width), str(height), "RHT", "QEMU Monitor", str(width), str(height))
    assert 50 <= int(found.group(7)) <= 120 and int(found.group(8)) > int(found.group(9)) > 50
    assert "EDID" in guest.cmd("virtio info virtio-gpu0")


def test_without_edid(boot, virtio):
    guest = start(boot, 500, 300, "edid=off")
    assert "virtio-gpu0: 500 by 300, " in guest.cmd("gpu info")
    quiet(guest, "gpu test bars")
    screen.same(guest, screen.bars(500, 300))


def test_the_size_of_the_window_changes(boot, virtio, tmp_path):
    path = str(tmp_path / "vnc")
    guest = start(boot, 640, 480, devices=["-vnc", f"unix:{path}"])
    quiet(guest, "gpu test bars", "gpu watch on")
    with screen.Viewer(path) as viewer:
        assert (viewer.width, viewer.height) == (640, 480)
        viewer.resize(400, 304)
        guest.wait_for(b"virtio-gpu0: display 0 is now 400 by 304\r?\n", 10)
        assert "display 0: 400 by 304" in guest.cmd("gpu info")
        quiet(guest, "gpu watch off")
        viewer.resize(480, 360)
        screen.until(guest, "gpu info", "display 0: 480 by 360")
        assert b"is now 480" not in guest.console
    # What is shown stays, until the application follows.
    screen.same(guest, screen.bars(640, 480))
    quiet(guest, "gpu mode", "gpu test lines")
    screen.same(guest, screen.lines(480, 360))


def test_cursor(boot, virtio):
    guest = start(boot, devices=TRACE)
    guest.misbehaves = True     # so that traces are no complaints; cursors() looks at them
    quiet(guest, "gpu cursor 100 50", "gpu cursor 639 7", "gpu cursor off", "gpu cursor 1 2")
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu update 0 0 1 1", "gpu update 0 0 1 1")
    places = cursors(guest)
    for place in ((0, 100, 50, True), (0, 639, 7, True), (0, 1, 2, True)):
        assert place in places, (place, places)
    assert (0, 639, 7, False) in places, places    # off
    assert places[-1] == (0, 1, 2, True), places   # after the reset


def test_on_several_cpus(boot, virtio):
    size = 320, 200
    guest = start(boot, *size, smp=4)
    quiet(guest, "gpu test checker", "gpu test rect")
    screen.same(guest, screen.checker(*size).with_part(screen.gradient(*size), *screen.PART))
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu test lines")
    screen.same(guest, screen.lines(*size))


@pytest.mark.packed("aarch64")
@pytest.mark.parametrize("smp", (1, 4))
def test_threads_and_resets(boot, virtio, smp):
    size = 321, 403
    guest = start(boot, *size, smp=smp)
    for _ in range(5):      # on a busy host it may happen that no two of them meet
        before = counters(guest)
        quiet(guest, "gpu test threads")
        after = counters(guest)
        if smp == 1 or after["updates_merged"] > before["updates_merged"]:
            break
    screen.same(guest, screen.gradient(*size))
    lines = after["updates"] - before["updates"] + after["updates_merged"] - before["updates_merged"]
    assert after["resets"] > before["resets"], after
    assert smp == 1 or after["updates_merged"] > before["updates_merged"], after
    assert 403 <= lines <= 405, (before, after)
    assert after["refused"] == 0


@pytest.mark.parametrize("smp", (1, 4))
def test_two_displays(boot, virtio, tmp_path, smp):
    """Each with a device of its own, of which the other one's display sees nothing."""
    path, size, small = str(tmp_path / "vnc"), (320, 200), (200, 150)
    guest = start(boot, *size, "max_outputs=2", [*TRACE, "-vnc", f"unix:{path},display=gpu,head=1"], smp=smp)
    guest.misbehaves = True     # as in test_cursor
    assert "display 1: none" in guest.cmd("gpu info") and "virtio-gpu0d1 " in guest.devices()
    needs_pictures(boot, guest, 2)
    with screen.Viewer(path) as viewer:
        viewer.resize(*small)
        screen.until(guest, "gpu info", "display 1: 200 by 150, edid")      # not in use
        assert "virtio-gpu0d1: 200 by 150, bgr888, 32 bits" in (said := guest.cmd("gpu info virtio-gpu0d1"))
        assert "display 0: 320 by 200, edid" in said and "display 1: 200 by 150, in use, edid" in said

        def same(first, second):
            screen.same(guest, first)
            screen.same(guest, second, 1)

        # Without being asked to, drawing functions draw on the first one.
        quiet(guest, "gpu test bars")
        bars = screen.bars(*size)
        same(bars, screen.flat(*small))
        # The second one with another format, and another part of a picture.
        quiet(guest, "gpu primary virtio-gpu0d1", "gpu format virtio-gpu0d1 rgb565", "gpu test virtio-gpu0d1 lines")
        same(bars, screen.in_16_bits(screen.lines(*small)))
        assert "320 by 200, bgr888, 32 bits" in guest.cmd("gpu info") and "200 by 150, rgb565" in guest.cmd("gpu info virtio-gpu0d1")
        quiet(guest, "gpu test virtio-gpu0d1 rect", "gpu test rect", "gpu update 300 190 20 10", "gpu update virtio-gpu0d1 1 2 9 8")
        gradient, parts = screen.in_16_bits(screen.gradient(*small)), [screen.PART, (1, 2, 9, 8)]
        first = bars.with_part(screen.gradient(*size), *screen.PART).with_part(screen.gradient(*size), 300, 190, 20, 10)
        second = screen.in_16_bits(screen.lines(*small))
        for part in parts:
            second = second.with_part(gradient, *part)
        same(first, second)

        # Buffers, cursors, power.
        quiet(guest, "gpu pan virtio-gpu0d1 1", "gpu test virtio-gpu0d1 checker")
        same(first, screen.in_16_bits(screen.checker(*small)))
        quiet(guest, "gpu pan virtio-gpu0d1 0")     # which shows all that has been drawn there
        same(first, gradient)
        quiet(guest, "gpu cursor 100 50", "gpu cursor virtio-gpu0d1 7 8", "gpu power virtio-gpu0d1 off")
        assert ", off" in guest.cmd("gpu info virtio-gpu0d1") and ", on" in guest.cmd("gpu info")
        screen.same(guest, first)
        quiet(guest, "gpu power virtio-gpu0d1 on")
        same(first, gradient)
        known = len(places := cursors(guest))
        assert (0, 100, 50, True) in places and (1, 7, 8, True) in places, places

        # Everything comes back after a reset.
        guest.cmd("virtio reset virtio-gpu0")
        quiet(guest, "gpu update 0 0 1 1", "gpu update virtio-gpu0d1 0 0 1 1", "gpu update 0 0 1 1")
        same(screen.gradient(*size), gradient)
        assert {(0, 100, 50, True), (1, 7, 8, True)} <= set(cursors(guest)[known:])

        # The mode of one is not that of the other; and nothing is lost.
        quiet(guest, "gpu format virtio-gpu0d1 argb888", "gpu mode virtio-gpu0d1 101 77", "gpu test virtio-gpu0d1 lines")
        same(screen.gradient(*size), screen.lines(101, 77))
        before = used(guest)
        for _ in range(3):
            quiet(guest, "gpu mode virtio-gpu0d1 640 480", "gpu format virtio-gpu0d1 rgb565", "gpu format virtio-gpu0d1 argb888",
                  "gpu mode virtio-gpu0d1 101 77")
        assert "no memory" in guest.cmd("gpu mode virtio-gpu0d1 16000 16000")
        assert used(guest) == before
        same(screen.gradient(*size), screen.flat(101, 77))

        # Both are drawn on while the device is reset.
        quiet(guest, "gpu mode virtio-gpu0d1", "gpu test checker")
        for _ in range(5):      # as in test_threads_and_resets
            quiet(guest, "gpu test virtio-gpu0 threads virtio-gpu0d1")
            after = counters(guest)
            if smp == 1 or after["updates_merged"] > 0:
                break
        same(screen.gradient(*size), screen.gradient(*small))
        assert after["resets"] >= 2 and after["refused"] == 0
        assert smp == 1 or after["updates_merged"] > 0, after

        # The second one goes; what is drawn meanwhile is there when it comes back.
        quiet(guest, "gpu watch virtio-gpu0d1 on")
        viewer.resize(0, 0)
        guest.wait_for(b"virtio-gpu0d1: display 1 is now 0 by 0\r?\n", 10)
        assert "display 1: none" in guest.cmd("gpu info")
        quiet(guest, "gpu test virtio-gpu0d1 bars", "gpu test bytes")
        viewer.resize(160, 100)
        guest.wait_for(b"virtio-gpu0d1: display 1 is now 160 by 100\r?\n", 10)
        screen.until(guest, "gpu info", 'edid RHT "QEMU Monitor" 160 by 100')   # which is told, too
        guest.cmd("gpu watch virtio-gpu0d1 off")
        quiet(guest, "gpu update 0 0 1 1")
        same(screen.gradient(*size).with_part(screen.flat(*size, screen.WHITE), 0, 0, 1, 1), screen.bars(*small))
        quiet(guest, "gpu mode virtio-gpu0d1")
        assert "virtio-gpu0d1: 160 by 100, argb888" in guest.cmd("gpu info virtio-gpu0d1")
    assert counters(guest)["refused"] == 0
    cursors(guest)


@pytest.mark.parametrize("sooner", ("virtio-gpu0", "virtio-gpu0d1"))
def test_who_gets_the_only_display(boot, tmp_path, sooner):
    """There is the second one only: the GPU's first device takes it, unless that display's own device is in use."""
    paths = [str(tmp_path / f"vnc{head}") for head in (0, 1)]
    heads = [word for head, path in enumerate(paths) for word in ("-vnc", f"unix:{path},display=gpu,head={head}")]
    guest = boot(screen.gpu(320, 200, "max_outputs=2") + heads, needs=("gpu",))
    with screen.Viewer(paths[0]) as first, screen.Viewer(paths[1]) as second:
        first.resize(300, 200)      # QEMU takes no notice of what is no change to it
        first.resize(0, 0)
        second.resize(200, 150)
        screen.until(guest, "virtio info virtio-gpu0", "display 0: none\ndisplay 1: 200 by 150, edid")
        assert f"{sooner}: 200 by 150" in guest.cmd(f"gpu info {sooner}")
        if sooner == "virtio-gpu0":
            assert "the GPU's first device has that display" in guest.cmd("gpu info virtio-gpu0d1")
            quiet(guest, "gpu test bars")
            screen.same(guest, screen.bars(200, 150), 1)
        else:
            assert re.search(r"virtio-gpu0: 3[02]0 by 200", guest.cmd("gpu info"))      # as the display was before
            quiet(guest, "gpu mode 320 200")
            quiet(guest, "gpu test bars", "gpu test virtio-gpu0d1 gradient")
            first.resize(320, 200)
            screen.until(guest, "gpu info", "display 0: 320 by 200, in use")
            screen.same(guest, screen.bars(320, 200))
            screen.same(guest, screen.gradient(200, 150), 1)


def test_device_that_never_answers(own, boot, virtio, tmp_path):
    """QEMU's device forgets everything, and its driver is not told. In the test kernel the limit is 5 seconds."""
    path, size = str(tmp_path / "qtest"), (320, 200)
    guest = start(boot, *size, devices=qtest.args(path) + TRACE)
    guest.misbehaves = True     # as in test_cursor
    silent = b"virtio-gpu0: no answer for 5000 ms, resetting the device\r?\n"
    with qtest.Access(guest, path, "gpu") as access:
        quiet(guest, "gpu test bars", "gpu cursor 3 4")
        access.forget()
        assert screen.dump(guest).pixels != screen.bars(*size).pixels
        # Whoever waits gets an error, and the picture is back, with what has been drawn.
        said = guest.cmd("gpu test checker", 30)
        assert "no answer for 5000 ms" in said and "gpu: virtio-gpu0: no answer, it was reset" in said, said
        quiet(guest, "gpu update 0 0 1 1")
        screen.same(guest, screen.checker(*size))
        # The same where nobody can sleep; or if it is only the cursor, for which nobody waits.
        access.forget()
        if virtio == "legacy":
            said = guest.cmd("gpu update critical", 30)
            assert "no answer for 5000 ms" in said and "gpu: virtio-gpu0: no answer, it was reset" in said, said
        else:
            start_of_output = guest.here()
            guest.cmd("gpu cursor 5 6")
            guest.wait_for(silent, 20, start=start_of_output)
            screen.until(guest, "virtio stats virtio-gpu0", "resets 2")
        quiet(guest, "gpu update 0 0 1 1", "gpu test lines")
        screen.same(guest, screen.lines(*size))
        assert cursors(guest)[-1] == ((0, 3, 4, True) if virtio == "legacy" else (0, 5, 6, True))
        assert counters(guest)["resets"] == 2


@pytest.mark.parametrize("virtio", ("modern",))     # a legacy device cannot ask for it
def test_device_that_asks_for_a_reset(boot, virtio, tmp_path):
    path, size = str(tmp_path / "qtest"), (320, 200)
    guest = start(boot, *size, devices=qtest.args(path))
    with qtest.Access(guest, path, "gpu") as access:
        for times in range(1, 8):   # more than there may be without a request that succeeds in between
            quiet(guest, "gpu test lines", "gpu test bars")
            access.confuse()
            guest.wait_for(b"virtio-gpu0: the device asks for a reset, resetting it", 10)
            screen.until(guest, "virtio stats virtio-gpu0", f"resets {times}")
        quiet(guest, "gpu update 0 0 1 1")
        screen.same(guest, screen.bars(*size))

        # One that always does is given up: everything fails at once, and nothing hangs.
        for times in range(8, 13):
            access.confuse()
            screen.until(guest, "virtio stats virtio-gpu0", f"resets {times}")
        screen.same(guest, screen.bars(*size))
        start_of_output = guest.here()
        access.confuse()
        guest.wait_for(b"virtio-gpu0: not recovered .* every request fails from now on", 10, start=start_of_output)
    for command in ("gpu update", "gpu update critical", "gpu mode 100 70", "gpu pan 0", "gpu power off", "gpu cursor 1 2"):
        assert "it failed" in guest.cmd(command, 3), command
    assert re.search(r"virtio-gpu0 .* failed ", guest.cmd("virtio"))


# --- Blobs, which QEMU offers if the host has /dev/udmabuf ---

BLOB_TRACE = ["-trace", "enable=virtio_gpu_cmd_*"]
REFUSED = b"the device refused to show memory as a blob"


@pytest.fixture
def udmabuf(tmp_path):
    """What starts a program that finds one."""
    if not shutil.which("gcc"):
        pytest.skip("needs gcc, for tests/guest/udmabuf.c")
    library = str(tmp_path / "udmabuf.so")
    source = os.path.join(os.path.dirname(__file__), "udmabuf.c")
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    return ("env", "LD_PRELOAD=" + library)


def start_with_blobs(boot, udmabuf, size, options="", **more):
    memory = ["-object", "memory-backend-memfd,id=shared,size=256M,share=on", "-machine", "memory-backend=shared"]
    guest = boot([*memory, *screen.gpu(*size, "blob=true" + options), *BLOB_TRACE], needs=("gpu",), prefix=udmabuf, **more)
    guest.misbehaves = True     # so that traces are no complaints; told() looks at them
    return guest


def told(guest, after_refusal=None):
    """The commands that QEMU got, each with what it says of them. What comes behind one that it refused may be refused, too."""
    said = guest.complaints()
    odd = [line for line in said if not line.startswith("virtio_gpu_cmd_")]
    assert not [line for line in odd if not (after_refusal and re.match(after_refusal, line))], odd
    return [line.removeprefix("virtio_gpu_cmd_").strip() for line in said if line not in odd]


def names(commands):
    return [command.split()[0] for command in commands]


def test_the_stand_in_for_udmabuf(udmabuf):
    """Not each version of QEMU uses all of it."""
    subprocess.run([*udmabuf, sys.executable, "-c", """
import ctypes, fcntl, mmap, os, struct
ONE, LIST, PAGE = 0x40187542, 0x40087543, 4096
memory = os.memfd_create("ram", os.MFD_ALLOW_SEALING)
os.ftruncate(memory, 4 * PAGE)
device = os.open("/dev/udmabuf", os.O_RDWR)
item = lambda fd, offset, size: struct.pack("=IIQQ", fd, 0, offset * PAGE, int(size * PAGE))
pieces = lambda *items: struct.pack("=II", 1, len(items)) + b"".join(items)
create = lambda request, argument: ctypes.CDLL(None).ioctl(device, ctypes.c_ulong(request), argument)
refused = lambda request, argument: create(request, argument) == -1
assert refused(ONE, item(memory, 1, 2))     # it could shrink
fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
assert refused(ONE, item(memory, 1, 1.5)) and refused(LIST, pieces(item(memory, 0, 1), item(memory, 2, 1)))
for request, argument in ((ONE, item(memory, 1, 2)), (LIST, pieces(item(memory, 1, 1), item(memory, 2, 1)))):
    buffer = create(request, argument)
    with mmap.mmap(buffer, 2 * PAGE) as mapped:
        mapped[PAGE] += 7
    os.close(buffer)
assert os.pread(memory, 1, 2 * PAGE) == bytes((14,)) and os.pread(memory, 1, PAGE) == bytes(1)
"""], check=True, timeout=20)


def test_blob(boot, virtio, udmabuf):
    size = width, height = 333, 217     # whose bytes are not whole pages
    guest = start_with_blobs(boot, udmabuf, size)
    needs_pictures(boot, guest, 2)
    assert f"{width * height * 4 * 2} bytes, on, blob\n" in guest.cmd("gpu info") + "\n"
    assert "RESOURCE_BLOB" in guest.cmd("virtio info virtio-gpu0").partition("negotiated:")[2]
    quiet(guest, "gpu test bars")
    screen.same(guest, screen.bars(*size))

    # An update is one command. What the device shows is the memory, so that a screendump has what was not updated, too.
    before, known = counters(guest), len(told(guest))
    quiet(guest, "gpu test rect", "gpu update 300 200 65535 65535", "gpu update critical")
    after = counters(guest)
    assert after["requests"] - before["requests"] == after["notifications"] - before["notifications"] == 3
    flush = "res_flush res 0x1, w {2}, h {3}, x {0}, y {1}"
    assert told(guest)[known:] == [flush.format(*rect) for rect in (screen.PART, (300, 200, 33, 17), (0, 0, *size))]
    screen.same(guest, screen.gradient(*size))
    for pattern in ("lines", "checker"):
        quiet(guest, f"gpu test {pattern}")
        screen.same(guest, getattr(screen, pattern)(*size))

    # Buffers and power; after a reset, all of it again.
    quiet(guest, "gpu pan 1")
    screen.same(guest, screen.flat(*size))
    quiet(guest, "gpu test bars", "gpu pan 0")
    screen.same(guest, screen.checker(*size))
    quiet(guest, "gpu power off", "gpu update", "gpu power on", "gpu pan 1")
    screen.same(guest, screen.bars(*size))
    assert guest.cmd("virtio reset virtio-gpu0") == "virtio-gpu0: reset and recovered"
    quiet(guest, "gpu update 0 0 1 1")
    screen.same(guest, screen.bars(*size))
    quiet(guest, "gpu pan 0")
    screen.same(guest, screen.checker(*size))
    assert set(names(told(guest))) <= {"get_display_info", "get_edid", "res_create_blob", "set_scanout_blob", "set_scanout",
                                       "res_flush"}, told(guest)

    # Formats. That of 16 bits is converted, and only where it was updated.
    for name in FORMATS:
        quiet(guest, f"gpu format {name}", "gpu test gradient")
        screen.same(guest, screen.gradient(*size))
    quiet(guest, "gpu format rgb565", "gpu test bars", "gpu test rect")
    assert "rgb565, 16 bits" in (said := guest.cmd("gpu info")) and "on, blob" in said
    seen = screen.bars(*size).with_part(screen.in_16_bits(screen.gradient(*size)), *screen.PART)
    screen.same(guest, seen)
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu update 0 0 1 1")
    screen.same(guest, seen.with_part(screen.in_16_bits(screen.gradient(*size)), 0, 0, 1, 1))

    # Modes, of which nothing is left over; the cursor is no blob.
    quiet(guest, "gpu cursor 1 2", "gpu mode 33 17", "gpu format bgr888", "gpu test lines")
    screen.same(guest, screen.lines(33, 17))
    assert "no memory" in guest.cmd("gpu mode 16000 16000")
    before = used(guest)
    for _ in range(5):
        quiet(guest, "gpu mode 1024 768", "gpu format argb888", "gpu format rgb565", "gpu mode 33 17", "gpu format bgr888")
    assert used(guest) == before
    quiet(guest, "gpu mode 800 600", "gpu test bars")
    screen.same(guest, screen.bars(800, 600))
    assert "on, blob" in guest.cmd("gpu info")
    sizes = [int(n) for n in re.findall(r"^res_create_blob .* size (\d+)", "\n".join(told(guest)), re.M)]
    assert len(sizes) > 5 and not any(n % 4096 for n in sizes), sizes
    copied = [command for command in told(guest) if command.startswith("res_create_2d")]
    assert len(copied) == 1 and copied[0].endswith("w 64, h 64"), copied
    assert REFUSED not in guest.console and counters(guest)["refused"] == 0


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_blob_threads_and_resets(boot, virtio, udmabuf, smp):
    size = 321, 403
    guest = start_with_blobs(boot, udmabuf, size, smp=smp)
    for name in ("bgr888", "rgb565"):
        before = counters(guest)
        quiet(guest, f"gpu format {name}", "gpu test threads", "gpu update")
        expected = screen.gradient(*size)
        screen.same(guest, screen.in_16_bits(expected) if name == "rgb565" else expected)
        assert counters(guest)["resets"] > before["resets"]
    assert counters(guest)["refused"] == 0 and "on, blob" in guest.cmd("gpu info")
    assert "res_xfer_toh_2d" not in names(told(guest))


@pytest.mark.parametrize("virtio, what, when", (
    ("legacy", "create", "first"), ("modern", "show", "first"), ("legacy", "create", "mode"), ("modern", "show", "mode"),
    ("modern", "show", "pan"), ("legacy", "show", "power"), ("modern", "create", "reset"), ("legacy", "show", "reset")))
def test_blob_refused(own, boot, virtio, udmabuf, what, when):
    """Not by this QEMU: the guest calls it by a number that QEMU does not know."""
    size = 333, 217
    guest = start_with_blobs(boot, udmabuf, size, variant="lossy")
    picture = screen.in_16_bits(screen.gradient(*size))
    refusal = {"create": r"virtio_gpu_\w+: invalid resource specified", "show": "virtio_gpu_resource_flush: flush bounds outside"}[what]
    if when == "first":
        quiet(guest, f"refuse {what}")
        assert REFUSED.decode() in guest.cmd("gpu format rgb565")
        quiet(guest, "gpu test gradient")
    else:
        quiet(guest, "gpu format rgb565", "gpu test gradient")
        assert "on, blob" in guest.cmd("gpu info")
        before = used(guest)
        quiet(guest, f"refuse {what}")
        if when == "mode":      # in which there is nothing; but what was drawn is there if it has to come back
            assert REFUSED.decode() in guest.cmd("gpu mode 200 100")
            screen.same(guest, screen.flat(200, 100))
            quiet(guest, "gpu mode 333 217", "gpu test gradient")
        elif when == "pan":     # nothing is lost by it, in none of the buffers
            assert REFUSED.decode() in guest.cmd("gpu pan 1")
            screen.same(guest, screen.flat(*size))
            quiet(guest, "gpu pan 0")
        elif when == "power":
            quiet(guest, "gpu power off")
            assert REFUSED.decode() in guest.cmd("gpu power on")
        else:
            guest.cmd("virtio reset virtio-gpu0")
            screen.until(guest, "gpu info", "copied by updates")
            quiet(guest, "gpu update")
        assert used(guest) == before
    assert "rgb565, 16 bits" in (said := guest.cmd("gpu info")) and "on, copied by updates" in said
    screen.same(guest, picture)

    # From now on it is as it is without blobs, and there is nothing more to be said about it.
    before, known = used(guest), len(told(guest, refusal))
    quiet(guest, "gpu format bgr888", "gpu mode 100 70", "gpu test bars", "gpu pan 1", "gpu pan 0", "gpu mode 333 217",
          "gpu test bars", "gpu test rect")
    screen.same(guest, screen.bars(*size).with_part(screen.gradient(*size), *screen.PART))
    guest.cmd("virtio reset virtio-gpu0")
    quiet(guest, "gpu update 0 0 1 1")
    screen.same(guest, screen.gradient(*size))
    quiet(guest, "gpu format rgb565")
    assert used(guest) == before
    assert not [name for name in names(told(guest, refusal)[known:]) if "blob" in name]
    assert guest.console.count(REFUSED) == 1 and b"refused what it was told" not in guest.console


def test_without_device_ops(own, boot, virtio):
    guest = start(boot, 320, 200, variant="noops")
    quiet(guest, "gpu test bars", "gpu mode 100 70", "gpu test lines")
    screen.same(guest, screen.lines(100, 70))


def test_without_a_gpu(boot):
    guest = boot(needs=("gpu",))
    assert guest.cmd("gpu info") == "gpu: no virtio-gpu0; `virtio` lists the devices"
