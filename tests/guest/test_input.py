# SPDX-License-Identifier: Apache-2.0
"""virtio-input: what QMP's input-send-event sends is what the guest reads, whoever takes it and however much it is."""

import re
import threading
import time

import pytest

import qemu
from lib import vnc
from lib.guest import MIXED
from lib.hand import button, key, move, post

KEYBOARD, MOUSE, TABLET = "virtio-input0", "virtio-input1", "virtio-input2"
ALL = (qemu.on_bus("virtio-keyboard-device", 4, "serial=kbd-1") + qemu.on_bus("virtio-mouse-device", 5)
       + qemu.on_bus("virtio-tablet-device", 6))

SYN = ("SYN", 0, 0)
LOST = [("SYN", 3, 0), SYN]
KEYS = {"a": 30, "b": 48, "c": 46, "spc": 57, "ret": 28, "esc": 1, "f1": 59, "up": 103}
BUTTONS = {"left": 0x110, "right": 0x111, "middle": 0x112}


def tap(guest, name):
    """Down and up, a frame each. Returns what the guest is to read."""
    for down in (True, False):
        post(guest, key(name, down))
    return [("KEY", KEYS[name], 1), SYN, ("KEY", KEYS[name], 0), SYN]


class Taker:
    """The guest's `input HOW NAME SECONDS`, from the time that it takes events."""

    def __init__(self, guest, name, seconds=2, how="dump"):
        self.guest = guest
        guest.send(f"input {how} {name} {seconds}")
        guest.wait_for(rb": for \d+ seconds\r?\n", 10)
        self.seconds = seconds

    def result(self):
        said = self.guest.wait_for(rb"(\d+) events, (\d+) frames, (\d+) losses", self.seconds + 30)
        self.guest.wait_prompt()
        self.events, self.frames, self.losses = map(int, re.search(r"(\d+) events, (\d+) frames, (\d+) losses", said).groups())
        return [(kind, int(code), int(value)) for kind, code, value
                in re.findall(r"\b(SYN|KEY|REL|ABS|MSC|LED|REP) (\d+) (-?\d+)", said)]


def counters(guest, name):
    said = guest.cmd(f"virtio stats {name}")
    found = re.search(rf"^{name}: (.*)$", said, re.M).group(1).split()
    counts = dict(zip(found[::2], map(int, found[1::2])))
    # Nothing is lost that is not counted. (What can still be read is left out: nobody has it open.)
    assert counts["events"] + 2 * counts["markers"] == counts["taken"] + counts["flushed"] + counts["dropped"]
    return counts


# --- what devices are -----------------------------------------------------------------------------------------------

def test_kinds_names_and_bitmaps(boot, virtio):
    guest = boot(ALL, needs=("input",))
    said = guest.cmd("input list")
    assert re.search(r'^virtio-input0 +keyboard +0006:0627:0001:0001 "QEMU Virtio Keyboard" "kbd-1"$', said, re.M)
    assert re.search(r'^virtio-input1 +mouse +0006:0627:0002:0002 "QEMU Virtio Mouse" ""$', said, re.M)
    assert re.search(r'^virtio-input2 +tablet +0006:0627:0003:0002 "QEMU Virtio Tablet" ""$', said, re.M)
    assert len(re.findall(r"^virtio-input\d +0x\w+ +\d+ \w+ +input +ok +2$", guest.cmd("virtio"), re.M)) == 3

    def bits(said, name):
        words = re.search(rf"^{name}: ([0-9a-f ]+)$", said, re.M).group(1).split()
        return int("".join(word.rjust(16, "0") for word in words), 16)

    said = guest.cmd(f"input info {KEYBOARD}")
    assert "class miscellaneous, type keyboard" in said and "leds: 07" in said
    keys = bits(said, "keys")
    assert all(keys >> code & 1 for code in KEYS.values())
    assert not keys >> 0x110 & 1 and keys.bit_count() > 90
    assert bits(said, "types") == 1 << 0 | 1 << 1 | 1 << 0x11 | 1 << 0x14
    assert bits(said, "rel") == bits(said, "abs") == bits(said, "properties") == 0

    said = guest.cmd(f"input info {MOUSE}")
    assert "class miscellaneous, type mouse" in said
    assert bits(said, "rel") & 3 == 3 and bits(said, "abs") == 0
    assert all(bits(said, "keys") >> code & 1 for code in BUTTONS.values()) and not bits(said, "keys") >> 30 & 1

    said = guest.cmd(f"input info {TABLET}")
    assert "class touch, type tablet" in said
    assert "x: 0 to 32767" in said and "y: 0 to 32767" in said
    assert bits(said, "abs") == 3


def test_device_kinds_do_not_depend_on_the_order(boot, virtio):
    guest = boot(qemu.on_bus("virtio-tablet-device", 1) + qemu.on_bus("virtio-keyboard-device", 2), needs=("input",))
    said = guest.cmd("input list")
    assert re.search(r"^virtio-input0 +tablet", said, re.M) and re.search(r"^virtio-input1 +keyboard", said, re.M)


# --- events, one by one ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("board, virtio, smp", MIXED + (("aarch64", "packed", 4),))
def test_events_of_each_kind(boot, virtio, smp):
    guest = boot(ALL, smp=smp, needs=("input",))
    taker = Taker(guest, KEYBOARD)
    expected = [event for name in KEYS for event in tap(guest, name)]
    assert taker.result() == expected
    assert (taker.events, taker.frames, taker.losses) == (len(expected), len(expected) // 2, 0)

    taker = Taker(guest, MOUSE)
    post(guest, move("rel", "x", 5), move("rel", "y", -7))
    post(guest, move("rel", "x", -2147483648))
    assert taker.result() == [("REL", 0, 5), ("REL", 1, -7), SYN, ("REL", 0, -2147483648), SYN]

    taker = Taker(guest, TABLET)
    post(guest, move("abs", "x", 0), move("abs", "y", 32767))
    post(guest, button("left", True))       # with two pointers QEMU gives buttons to the tablet
    post(guest, move("abs", "x", 12345), button("left", False), button("right", True))
    got = taker.result()
    frames = [frame.split() for frame in " ".join(f"{k}:{c}:{v}" for k, c, v in got).split("SYN:0:0") if frame]
    assert frames[0] == ["ABS:0:0", "ABS:1:32767"]
    assert "KEY:272:1" in frames[1] and frames[2][0] == "ABS:0:12345"
    assert "KEY:272:0" in frames[2] and "KEY:273:1" in frames[2] and len(frames) == 3


def test_time_stamps(boot, virtio):
    guest = boot(ALL, needs=("input",))
    taker = Taker(guest, KEYBOARD, how="timed")
    post(guest, key("a", True), key("b", True))
    time.sleep(0.5)
    post(guest, key("a", False))
    taker.result()
    times = [int(t) for t in re.findall(r"\+(\d+) us", guest.console.decode(errors="replace"))]
    assert times[:3] == [0, 0, 0] and times[3] == times[4] and 400000 < times[3] < 2000000, times


@pytest.mark.parametrize("how", ("handle", "interrupt"))
@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_handlers(boot, virtio, smp, how):
    """In the driver's thread by default, in the interrupt if that is asked for; unbound, it gets nothing any more."""
    guest = boot(ALL, smp=smp, needs=("input",))
    for _ in range(2):
        taker = Taker(guest, KEYBOARD, how=how)
        expected = [event for name in KEYS for event in tap(guest, name)]
        got = taker.result()
        assert got == (expected if how == "handle" else [])
        assert (taker.events, taker.losses) == (len(expected), 0)
        tap(guest, "a")
    assert counters(guest, KEYBOARD)["flushed"] == 8


# --- many of them ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("smp", (1, 4))
def test_burst_of_hundreds(boot, virtio, smp):
    """On a host that is busy, frames can be missing: as many as QEMU says that it had no buffers for, and as many as the
    driver counts, and these leave a marker. The others are whole and in order."""
    guest = boot(ALL, smp=smp, needs=("input",), trace=True)
    taker = Taker(guest, MOUSE, seconds=3)
    start = guest.mark()
    for i in range(300):
        post(guest, move("rel", "x", i), move("rel", "y", -i))
    got = taker.result()
    refused = guest.count(start)["virtio_input_queue_full"]
    frames = [got[i:i + 3] for i in range(0, len(got), 3)]
    if taker.losses == 0:
        expected = ([("REL", 0, i), ("REL", 1, -i), SYN] for i in range(300))
        assert all(frame in expected for frame in frames)       # each is looked for behind the one before
        assert len(frames) == 300 - refused
    counts = counters(guest, MOUSE)
    assert counts["events"] == 3 * (300 - refused)
    assert (counts["dropped"] == 0) == (taker.losses == 0)


def test_ten_thousand_events_are_accounted_for(boot, virtio):
    """Whoever lost them: QEMU, whose ring was full, says so in its trace; the driver counts. With a reader that is fast
    enough, and with one that is not, on four CPUs."""
    smp, how = (1, "count") if virtio == "legacy" else (4, "dump")
    guest = boot(ALL, smp=smp, needs=("input",), trace=True)
    taker = Taker(guest, KEYBOARD, seconds=4, how=how)
    start = guest.mark()
    for i in range(2500):
        post(guest, key("a", i % 2 == 0), key("b", i % 2 == 0), key("c", i % 2 == 0))
    taker.result()
    counts = counters(guest, KEYBOARD)
    refused = guest.count(start)["virtio_input_queue_full"]
    assert counts["events"] == 10000 - 4 * refused
    assert counts["taken"] == taker.events
    assert counts["taken"] - 2 * counts["markers"] + counts["dropped"] + counts["flushed"] == counts["events"]
    assert taker.losses == counts["markers"] or counts["flushed"] > 0       # printing takes longer than the command
    assert how == "dump" or counts["dropped"] == 0
    taker = Taker(guest, KEYBOARD)
    assert taker.result() == []
    taker = Taker(guest, KEYBOARD)
    assert tap(guest, "esc") == taker.result()


def test_nobody_reads(boot, virtio):
    """Who opens a device gets nothing of what came before; and it has not come to a halt."""
    guest = boot(ALL, needs=("input",), trace=True)
    start = guest.mark()
    for _ in range(100):
        for name in KEYS:
            tap(guest, name)
    taker = Taker(guest, KEYBOARD)
    expected = tap(guest, "c")
    assert taker.result() == expected
    counts = counters(guest, KEYBOARD)
    assert counts["events"] + 2 * guest.count(start)["virtio_input_queue_full"] == 100 * 4 * len(KEYS) + 4
    assert counts["dropped"] == counts["markers"] == 0


def test_frame_that_is_too_long_for_the_ring(boot, virtio):
    """QEMU drops a frame that finds too few buffers, without a word; the next one comes."""
    guest = boot(ALL, needs=("input",), trace=True)
    start = guest.mark()
    taker = Taker(guest, MOUSE)
    post(guest, *[move("rel", "x", i) for i in range(100)])
    post(guest, *[move("rel", "x", i) for i in range(40)])
    assert taker.result() == [("REL", 0, i) for i in range(40)] + [SYN]
    assert guest.count(start)["virtio_input_queue_full"] == 1


# --- LEDs -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("smp", (1, 4))
def test_leds_reach_the_host(boot, virtio, tmp_path, smp):
    """QEMU tells its displays, and again after a reset, in which it forgot them."""
    path = str(tmp_path / "vnc")
    guest = boot(ALL + vnc.args(path), smp=smp, needs=("input",))
    viewer = vnc.Viewer(path)
    for value, leds in ((1, vnc.NUM), (2, vnc.CAPS), (4, vnc.SCROLL), (7, vnc.NUM | vnc.CAPS | vnc.SCROLL), (0, 0), (2, vnc.CAPS)):
        assert guest.cmd(f"input leds {KEYBOARD} {value}") == "3 LEDs set"
        viewer.wait_for_leds(leds)
    assert counters(guest, KEYBOARD)["sent"] == 18
    assert "reset and recovered" in guest.cmd(f"virtio reset {KEYBOARD}", 30)
    assert counters(guest, KEYBOARD)["sent"] == 21
    viewer.wait_for_leds(vnc.CAPS)
    assert "has no LEDs" in guest.cmd(f"input leds {MOUSE} 1")
    # One notification and one interrupt for the three of them.
    status = re.search(r"queue 1: requests (\d+) notifications (\d+)", guest.cmd(f"virtio stats {KEYBOARD}"))
    assert int(status.group(1)) == 21 and int(status.group(2)) <= 7


# --- RT-Thread's touch class ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_touch_class(boot, virtio, smp):
    guest = boot(ALL, smp=smp, needs=("input",))
    if boot.foreign and "touch0" not in guest.devices():
        pytest.skip("the image is built without RT_USING_TOUCH")
    for _ in range(2):
        start = guest.here()
        taker = Taker(guest, "touch0", how="touch")
        post(guest, move("abs", "x", 16384), move("abs", "y", 16384))       # hovers
        post(guest, button("left", True))
        post(guest, move("abs", "x", 32767))
        post(guest, move("abs", "x", 0), move("abs", "y", 0))
        post(guest, button("left", False))
        taker.result()
        said = guest.console[start:].decode().replace("\r", "")
        assert "1 points, 32768 by 32768" in said
        assert re.findall(r"^(?:up|down|move) 0: \d+ \d+$", said, re.M) == [
            "down 0: 399 299", "move 0: 799 299", "move 0: 0 0", "up 0: 0 0"]
        post(guest, button("left", True))       # nobody is there to be told
    # Raw events, for the one who has that device open.
    taker = Taker(guest, TABLET)
    post(guest, move("abs", "x", 5))
    assert taker.result()[0] == ("ABS", 0, 5)


# --- resets ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_reset_in_the_middle(boot, virtio, smp):
    guest = boot(ALL, smp=smp, needs=("input", "virtio"))
    for _ in range(3):
        assert "reset and recovered" in guest.cmd(f"virtio reset {KEYBOARD}", 30)
        taker = Taker(guest, KEYBOARD)
        expected = tap(guest, "a")
        assert taker.result() == expected
    assert counters(guest, KEYBOARD)["markers"] == 3
    assert re.search(r"virtio-input0 .* ok ", guest.cmd("virtio"))


@pytest.mark.parametrize("board, virtio, smp", MIXED + (("riscv64", "packed", 1),))
def test_reset_while_events_come(boot, virtio, smp):
    """A handler gets whole frames, in order, and for each reset one that says so."""
    guest = boot(ALL, smp=smp, needs=("input", "virtio"))
    guest.cmd(f"input handle {MOUSE} 0")
    start, stop = guest.here(), threading.Event()
    sent = []

    def send():
        while not stop.is_set():
            sent.append(len(sent))
            post(guest, move("rel", "x", sent[-1]), move("rel", "y", -sent[-1]))
            time.sleep(0.005)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for _ in range(5):
            # Its line can be torn by what the handler prints.
            guest.send(f"virtio reset {MOUSE}")
            time.sleep(0.4)
    finally:
        stop.set()
        sender.join()
    post(guest, move("rel", "x", -1), move("rel", "y", 1))
    time.sleep(0.5)
    guest.send(f"input unbind {MOUSE}")
    guest.wait_for(rb"input unbind \S+\r?\nmsh .*>", 10)
    said = guest.console[start:].decode(errors="replace").replace("\r", "")
    got = [(kind, int(code), int(value)) for kind, code, value in re.findall(r"(SYN|REL) (\d+) (-?\d+) ", said)]
    frames, frame = [], []
    for event in got:
        frame.append(event)
        if event == SYN:
            frames.append(frame)
            frame = []
    assert not frame and frames.count(LOST) == 5
    moves = [frame for frame in frames if frame != LOST]
    expected = ([("REL", 0, i), ("REL", 1, -i), SYN] for i in sent + [-1])
    assert all(frame in expected for frame in moves) and len(moves) > len(sent) / 2
    assert moves[-1] == [("REL", 0, -1), ("REL", 1, 1), SYN]
    counters(guest, MOUSE)
