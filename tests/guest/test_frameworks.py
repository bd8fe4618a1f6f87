# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's files and its newer input framework: the driver's side of them, with stand-ins for the frameworks
(testkernel/classes), in images of their own."""

import re
import time

import pytest

import qemu
from lib.guest import GuestError
from lib.hand import button, key, move, post
from test_console import Port, two_ports

POLLIN, POLLOUT, POLLHUP = 1, 2, 8

pytestmark = pytest.mark.usefixtures("own")


def start(boot, devices):
    return boot(devices, variant="classes")


# --- a port as a file -----------------------------------------------------------------------------------------------

def file(guest, line, timeout=20):
    return guest.cmd("as_file " + line, timeout)


def test_a_port_as_a_file(boot, virtio, tmp_path):
    (_, port), devices = two_ports(str(tmp_path))
    guest = start(boot, devices)
    port.connect()
    assert file(guest, "open vport0p1") == "open: 0"
    assert file(guest, "write hello") == "write: 5"
    assert port.receive(5) == b"hello"

    # A blocking read returns with the first bytes that come, not when it is full.
    guest.send("as_file read")
    time.sleep(0.5)
    port.socket.sendall(b"word")
    assert 'read: 4 "word"' in guest.wait_prompt()

    # poll(): nothing; woken by what comes; still there; gone once it was read.
    assert file(guest, f"poll {POLLIN} 200") == "time is up, poll: 0x0"
    guest.send(f"as_file poll {POLLIN} 5000")
    time.sleep(0.5)
    port.socket.sendall(b"again")
    assert f"woken, poll: {POLLIN:#x}" in guest.wait_prompt()
    assert file(guest, "pending") == "pending: 5"
    assert file(guest, f"poll {POLLIN | POLLOUT} 0") == f"poll: {POLLIN | POLLOUT:#x}"
    assert file(guest, "read") == 'read: 5 "again"'
    assert file(guest, f"poll {POLLIN | POLLOUT} 0") == f"poll: {POLLOUT:#x}"

    port.socket.sendall(b"x" * 300)
    time.sleep(0.3)
    assert file(guest, "flush") == "flush: 0" and file(guest, "pending") == "pending: 0"

    assert re.search(r"flags: 0x\w*2$", file(guest, "flags 2"))
    file(guest, "nonblock")
    assert re.search(r'read: -11 ""', file(guest, "read"))

    # The host's end is closed.
    port.socket.close()
    time.sleep(0.3)
    assert file(guest, f"poll {POLLIN | POLLOUT} 0") == f"poll: {POLLHUP:#x}"
    assert file(guest, "write hello") == "write: -32"
    port.connect()
    assert file(guest, f"poll {POLLIN | POLLOUT} 0") == f"poll: {POLLOUT:#x}"
    assert file(guest, "write back") == "write: 4" and port.receive(4) == b"back"
    assert file(guest, "close") == "close: 0"
    with pytest.raises(GuestError):
        guest.wait_for(b"assert", 0.1)


def test_hang_up_wakes_who_polls(boot, virtio, tmp_path):
    (_, port), devices = two_ports(str(tmp_path))
    guest = start(boot, devices)
    port.connect()
    assert file(guest, "open vport0p1") == "open: 0"
    guest.send(f"as_file poll {POLLIN} 5000")
    time.sleep(0.3)
    port.socket.close()
    assert f"woken, poll: {POLLHUP:#x}" in guest.wait_prompt()


def test_a_removed_port_as_a_file(boot, virtio, tmp_path):
    """read() fails, but not at once: RT-Thread's shell asks again without end."""
    (_, _), devices = two_ports(str(tmp_path))
    devices[-1] += ",id=second"
    guest = start(boot, devices)
    assert file(guest, "open vport0p1") == "open: 0"
    guest.send("as_file read")
    time.sleep(0.3)
    guest.qmp("device_del", id="second")
    assert 'read: -5 ""' in guest.wait_prompt()
    assert file(guest, f"poll {POLLIN} 0") == f"poll: {POLLHUP:#x}"
    begin = time.monotonic()
    assert file(guest, "read") == 'read: -5 ""'
    assert time.monotonic() - begin >= 0.09
    assert file(guest, "write hello") == "write: -5"
    assert file(guest, "close") == "close: 0"


def test_size_of_a_console_as_a_file(boot, virtio, tmp_path):
    port = Port(str(tmp_path), 0)
    guest = start(boot, ["-device", "virtio-serial-device,max_ports=1"] + port.chardev + ["-device", "virtconsole,chardev=c0"])
    assert file(guest, "open virtio-console0") == "open: 0"
    assert re.search(r"size: 0 \d+ by \d+", file(guest, "size"))


# --- the input framework --------------------------------------------------------------------------------------------

INPUTS = (qemu.on_bus("virtio-keyboard-device", 4) + qemu.on_bus("virtio-mouse-device", 5)
          + qemu.on_bus("virtio-tablet-device", 6))
SYN = (0, 0, 0)


def numbers(said, name):
    return [int(n) for n in re.search(rf"^{name}:((?: \d+)*)$", said, re.M).group(1).split()]


class Dump:
    def __init__(self, guest, name, seconds=2):
        self.guest = guest
        guest.send(f"framework_input dump {name} {seconds}")
        guest.wait_for(rb": for \d+ seconds", 10)

    def result(self):
        said = self.guest.wait_prompt(30)
        return [tuple(map(int, event)) for event in re.findall(r"^(\d+) (\d+) (-?\d+)$", said.replace("\r", ""), re.M)]


def test_capabilities(boot, virtio):
    guest = start(boot, INPUTS)
    said = guest.cmd("framework_input show input0")
    keys = numbers(said, "keys")
    assert numbers(said, "types") == [1] and {1, 28, 30, 48, 57} <= set(keys) and 0x110 not in keys
    assert numbers(said, "rel") == numbers(said, "abs") == []
    said = guest.cmd("framework_input show input1")
    assert numbers(said, "types") == [1, 2] and numbers(said, "rel")[:2] == [0, 1] and 0x110 in numbers(said, "keys")
    said = guest.cmd("framework_input show input2")
    assert 3 in numbers(said, "types") and numbers(said, "abs") == [0, 1]
    assert "axis 0: 0 to 32767 resolution 0" in said and "axis 1: 0 to 32767 resolution 0" in said


def test_events_reach_the_framework(boot, virtio):
    guest = start(boot, INPUTS)
    dump = Dump(guest, "input0")
    post(guest, key("a", True))
    post(guest, key("a", False), key("b", True))
    assert dump.result() == [(1, 30, 1), SYN, (1, 30, 0), (1, 48, 1), SYN]

    dump = Dump(guest, "input1")
    post(guest, move("rel", "x", 5), move("rel", "y", -7))
    assert dump.result() == [(2, 0, 5), (2, 1, -7), SYN]

    dump = Dump(guest, "input2")
    post(guest, move("abs", "x", 1000), move("abs", "y", 32767))
    post(guest, button("left", True))
    got = dump.result()
    assert got[:3] == [(3, 0, 1000), (3, 1, 32767), SYN] and (1, 272, 1) in got

    # LEDs: by a command, and from inside the framework's callback, where KEY_A does it in the stand-in.
    for led in range(3):
        assert guest.cmd(f"framework_input set input0 17 {led} 1") == "set: 0"
    assert guest.cmd("framework_input set input0 17 3 1") == "set: -6"      # there are three
    assert guest.cmd("framework_input set input1 17 1 1") != "set: 0"       # a mouse has none
    sent = int(re.search(r"sent (\d+)", guest.cmd("virtio stats virtio-input0")).group(1))
    assert sent >= 5, sent


def test_one_taker_at_a_time(boot, virtio):
    """Who opens the device, or binds a handler, takes the events off the framework, and gives them back."""
    guest = start(boot, INPUTS)
    for how in ("dump", "handle", "interrupt"):
        guest.send(f"input {how} virtio-input0 1")
        guest.wait_for(rb": for \d+ seconds", 10)
        post(guest, key("c", True))
        said = guest.wait_for(rb"(\d+) events", 10)
        assert re.search(r"2 events", said), how
        guest.wait_prompt()
        dump = Dump(guest, "input0", 1)
        post(guest, key("c", False))
        assert dump.result() == [(1, 46, 0), SYN], how


def test_reset_and_a_burst(boot, virtio):
    guest = start(boot, INPUTS)
    dump = Dump(guest, "input1", 3)
    for i in range(100):
        post(guest, move("rel", "x", i + 1))
    got = dump.result()
    assert [event for event in got if event[0] == 2] == sorted(event for event in got if event[0] == 2)
    assert len(got) >= 100
    guest.cmd("virtio reset virtio-input1")
    dump = Dump(guest, "input1")
    post(guest, move("rel", "x", 77))
    assert dump.result()[-2:] == [(2, 0, 77), SYN]


def test_an_input_device_leaves_the_framework(boot, virtio):
    guest = start(boot, INPUTS)
    assert "virtio-input1: removed" in guest.cmd("virtio remove virtio-input1", 30)
    assert guest.cmd("framework_input show input1").startswith("framework_input show|")
    dump = Dump(guest, "input0", 1)
    post(guest, key("a", True))
    assert dump.result() == [(1, 30, 1), SYN]
    guest.cmd("rescan")
    assert {0, 1} <= set(numbers(guest.cmd("framework_input show input1"), "rel"))
