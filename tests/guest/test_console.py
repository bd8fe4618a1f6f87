# SPDX-License-Identifier: Apache-2.0
"""virtio-console: bytes through ports in both directions, ports that come and go, a host that does not read, resets."""

import os
import re
import socket
import time
import zlib

import pytest
from lib import screen
from lib.guest import MIXED, GuestError

SIZE = 1000000


class Port:
    """A port's host side: a socket."""

    def __init__(self, directory, number):
        self.path = os.path.join(directory, f"port{number}")
        self.chardev = ["-chardev", f"socket,id=c{number},path={self.path},server=on,wait=off"]

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(self.path)
        time.sleep(0.3)      # until the guest was told

    def read_until(self, text, timeout=20):
        """All that comes up to the end of a text (bytes)."""
        data, end = b"", time.monotonic() + timeout
        while text not in data:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                raise AssertionError(f"no {text!r} from the port, only {data[-2000:]!r}") from None
            assert more, "the port was closed"
            data += more
        self.socket.settimeout(30)
        return data

    def cmd(self, line, timeout=20):
        """Runs a command in the shell that is on this port; what it printed."""
        self.socket.sendall(line.encode() + b"\n")
        return self.read_until(b"\r\nmsh >", timeout).decode().replace("\r", "").partition("\n")[2].rpartition("\nmsh ")[0]

    def receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(65536)
            assert more, "the port was closed"
            data += more
        return data


def stream(size):
    """What the guest's `port send` sends."""
    state, out = 1, bytearray()
    for _ in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return bytes(out)


STREAM = stream(SIZE)


def two_ports(directory, options=""):
    ports = [Port(directory, 0), Port(directory, 1)]
    return ports, (["-device", "virtio-serial-device" + options] + ports[0].chardev + ["-device", "virtconsole,chardev=c0"]
                   + ports[1].chardev + ["-device", "virtserialport,chardev=c1,name=org.test.1"])


@pytest.mark.packed("riscv64")
@pytest.mark.parametrize("options", ("", ",event_idx=off", ",indirect_desc=off"), ids=("default", "event_idx=off", "indirect_desc=off"))
def test_bytes_both_ways(boot, virtio, tmp_path, options):
    (first, second), devices = two_ports(str(tmp_path), options)
    guest = boot(devices, needs=("port",))
    second.connect()
    for name in ("vport0p1", "org.test.1"):     # by either name
        assert guest.cmd(f"port write {name} hello") == "sent 5 of 5 bytes"
        assert second.receive(5) == b"hello"
    second.socket.sendall(b"from the host")
    time.sleep(0.3)
    assert "received 13 bytes: from the host" in guest.cmd("port read vport0p1 -")

    guest.send(f"port send vport0p1 {SIZE}")
    assert second.receive(SIZE) == STREAM
    assert f"sent {SIZE} bytes, adler32 {zlib.adler32(STREAM):08x}" in guest.wait_prompt()
    data = os.urandom(SIZE)     # every byte, so nothing is translated
    guest.send(f"port receive vport0p1 {SIZE}")
    second.socket.sendall(data)
    assert f"received {SIZE} bytes, adler32 {zlib.adler32(data):08x}" in guest.wait_prompt(30)

    # Many bytes a notification, not one.
    sent = re.search(r"virtio-console0 queue 3: requests \d+ notifications (\d+)", guest.cmd("virtio stats virtio-console0"))
    assert int(sent.group(1)) < SIZE / 500


def test_single_port(boot, virtio, tmp_path):
    port = Port(str(tmp_path), 0)
    guest = boot(["-device", "virtio-serial-device,max_ports=1"] + port.chardev + ["-device", "virtconsole,chardev=c0"], needs=("port",))
    port.connect()
    assert guest.cmd("port write virtio-console0 hello") == "sent 5 of 5 bytes"
    assert port.receive(5) == b"hello"


def test_as_older_applications_do_it(own, boot, virtio, tmp_path):
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("oldport",))
    port.connect()
    assert guest.cmd("oldport").split("\n") == ["create 0", "write 6", "destroy 0"]
    assert port.receive(6) == b"hello\n"      # as it is, without a "\r"


def test_without_device_ops(own, boot, virtio, tmp_path):
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, variant="noops")
    port.connect()
    assert guest.cmd("port write vport0p1 hello") == "sent 5 of 5 bytes"
    assert port.receive(5) == b"hello"


def test_host_that_does_not_read(boot, virtio, tmp_path):
    """The guest gets a short write after a while, and goes on when the host does."""
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port",))
    port.connect()
    said = guest.cmd(f"port send vport0p1 {4 * SIZE}", 60)
    taken = int(re.search(r"takes nothing any more after (\d+) bytes", said).group(1))
    assert 0 < taken < 4 * SIZE
    assert port.receive(taken)[:taken] == stream(taken)
    port.socket.settimeout(1)
    try:
        while port.socket.recv(65536):      # what the guest had sent of the piece that did not fit
            pass
    except TimeoutError:
        pass
    port.socket.settimeout(30)
    assert guest.cmd("port write vport0p1 again") == "sent 5 of 5 bytes"
    assert port.receive(5) == b"again"


def test_nobody_listens(boot, virtio, tmp_path):
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port",))
    assert guest.cmd("port write vport0p1 hello") == "sent 0 of 5 bytes"


class Extra:
    """A port that is not there from the start."""

    def __init__(self, guest, directory, number=2):
        self.guest, self.number = guest, number
        self.port = Port(directory, number)
        guest.qmp("chardev-add", id=f"c{number}", backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": self.port.path}}, "server": True, "wait": False}})

    def add(self, driver="virtserialport"):
        for _ in range(1000):      # until it is through with the removal of the last one
            try:
                return self.guest.qmp("device_add", driver=driver, chardev=f"c{self.number}", name=f"org.test.{self.number}",
                                      id=f"p{self.number}", nr=self.number)
            except GuestError as e:
                error = e
            time.sleep(0.005)
        raise error

    def remove(self):
        self.guest.qmp("device_del", id=f"p{self.number}")


def used_memory(guest):
    return int(re.search(r"used\D*(\d+)", guest.cmd("free")).group(1))


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_ports_come_and_go(boot, virtio, tmp_path, smp):
    (_, second), devices = two_ports(str(tmp_path))
    guest = boot(devices, smp=smp, needs=("port",))
    third = Extra(guest, str(tmp_path))
    for _ in range(3):
        third.add()
        time.sleep(0.3)
        third.port.connect()
        assert guest.cmd("port write org.test.2 hello") == "sent 5 of 5 bytes"
        assert third.port.receive(5) == b"hello"
        assert re.search(r'^port 2: vport0p2 "org.test.2" present, host open, guest open,', guest.cmd("port list"), re.M)
        third.remove()
        time.sleep(0.3)
        third.port.socket.close()
        assert re.search(r'^port 2: vport0p2 "" removed, host closed, guest closed,', guest.cmd("port list"), re.M)
        # The command still had it open; now it closes it, and there is none.
        assert "cannot open" in guest.cmd("port write vport0p2 hello")
        assert "vport0p2" not in guest.cmd("port list") + guest.cmd("list device")
    second.connect()
    assert guest.cmd("port write vport0p1 hello") == "sent 5 of 5 bytes"
    assert second.receive(5) == b"hello"


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_removed_while_open(boot, virtio, tmp_path, smp):
    """The old device stays dead, also when there is a new port of its number; that gets one after the last close."""
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices, smp=smp, needs=("port",))
    third = Extra(guest, str(tmp_path))
    third.add()
    time.sleep(0.3)
    third.port.connect()
    start = guest.here()
    guest.send("port hold vport0p2 4")
    time.sleep(0.7)
    third.remove()
    guest.wait_for(rb"gone: control -8, write -8, read -8", 10, start=start)
    third.port.socket.close()
    third.add()
    time.sleep(0.3)
    third.port.connect()
    third.port.socket.sendall(b"for the new one")
    guest.wait_for(rb"closed", 10)
    guest.wait_prompt()
    time.sleep(0.3)
    assert guest.cmd("port write org.test.2 hello") == "sent 5 of 5 bytes"
    assert third.port.receive(5) == b"hello"
    time.sleep(0.3)
    assert "received 15 bytes: for the new one" in guest.cmd("port read vport0p2 -")


def test_waiters_wake_up(boot, virtio, tmp_path):
    """A reader waits for what it asked for; a reader and a writer of a port that is removed get an error at once."""
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port",))
    third = Extra(guest, str(tmp_path))
    for command, answer in (("wait vport0p2 10", rb"waited, read -8"), ("send vport0p2 4000000", rb"error -8 after \d+ bytes")):
        third.add()
        screen.until(guest, "port read vport0p2 -", "received 0 bytes")    # the last one's device goes a moment after its port
        third.port.connect()
        if "wait" in command:
            guest.send("port wait vport0p2 10")
            guest.wait_for(rb"waiting", 5)
            third.port.socket.sendall(b"12345")
            time.sleep(0.5)
            third.port.socket.sendall(b"67890")
            guest.wait_for(rb"waited, read 10", 2)
            guest.wait_prompt()
        start = guest.here()
        guest.send("port " + command)
        time.sleep(0.5)
        third.remove()
        guest.wait_for(answer + rb"|takes nothing", 1.5, start=start)
        guest.wait_prompt()
        third.port.socket.close()


def test_non_blocking_write(boot, virtio, tmp_path):
    """A short write at once, instead of after a second without progress."""
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port",))
    port.connect()
    began = time.monotonic()
    guest.send(f"port try vport0p1 {4 * SIZE}")
    said = guest.wait_prompt(60)
    quick = time.monotonic() - began
    taken = int(re.search(r"takes nothing any more after (\d+) bytes", said).group(1))
    assert 0 < taken < 4 * SIZE
    assert port.receive(taken)[:taken] == stream(taken)
    began = time.monotonic()
    guest.send(f"port try vport0p1 {4 * SIZE}")
    guest.wait_prompt(60)
    assert time.monotonic() - began < quick + 0.9


def test_size(own, boot, virtio, tmp_path):
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices)
    assert guest.cmd("port size vport0p0 -") == "vport0p0: 0 columns, 0 rows"
    here = guest.here()
    guest.cmd("say resize")
    guest.wait_for(rb"vport0p0: 132 columns, 50 rows", 5, start=here)
    assert "132x50" in guest.cmd("port list")


@pytest.mark.parametrize("held", (False, True), ids=("closed", "held"))
def test_a_thousand_cycles(boot, board, virtio, tmp_path, held):
    """No memory is lost, and the port works afterwards. The full thousand once."""
    much = (board, virtio) == ("riscv64", "modern")
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port", "free"))
    third = Extra(guest, str(tmp_path))
    before = None
    for i in range(50 if held else 1000 if much else 100):
        third.add()
        if held:
            guest.cmd("port write vport0p2 x")
        third.remove()
        if i == 10:
            time.sleep(0.5)
            before = used_memory(guest)
    time.sleep(0.5)
    assert used_memory(guest) - before < 1000
    third.add()
    time.sleep(0.3)
    third.port.connect()
    assert guest.cmd("port write vport0p2 hello") == "sent 5 of 5 bytes"
    assert third.port.receive(5) == b"hello"


@pytest.mark.packed("aarch64")
@pytest.mark.parametrize("smp", (1, 4))
def test_reset_while_open(boot, virtio, tmp_path, smp):
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, smp=smp, needs=("port", "virtio"))
    port.connect()
    for text in ("one", "two", "three"):
        assert guest.cmd(f"port write vport0p1 {text}") == f"sent {len(text)} of {len(text)} bytes"
        assert port.receive(len(text)) == text.encode()
        assert "reset and recovered" in guest.cmd("virtio reset virtio-console0", 30)
    port.socket.sendall(b"still here")
    time.sleep(0.3)
    assert "received 10 bytes: still here" in guest.cmd("port read vport0p1 -")


# --- the system console --------------------------------------------------------------------------------------------------

PLACES = ("thread", "irqoff", "locked", "interrupt", "inside")


def move_console(guest, port, name="vport0p0"):
    port.connect()
    guest.send("console " + name)
    port.read_until(f"console: now on {name}\r\nmsh >".encode())


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_shell_on_a_port(own, boot, virtio, tmp_path, smp):
    (console, _), devices = two_ports(str(tmp_path))
    guest = boot(devices, smp=smp)
    for _ in range(2):      # there and back again
        move_console(guest, console)
        assert "virtio-console0" in console.cmd("virtio")
        assert "tshell" in console.cmd("ps")
        for place in PLACES:
            assert console.cmd(f"say {place} 3").split("\n") == [f"{place} {i} of 3" for i in (1, 2, 3)]
        # More than all buffers together, and none of it is lost while the host reads; inside there is a limit.
        for place in PLACES[:4]:
            assert console.cmd(f"say {place} 100").split("\n")[-1] == f"{place} 100 of 100"
        said = console.cmd("say inside 100") + console.cmd("version")
        kept = re.findall(r"inside \d+ of 100\n", said)
        assert len(kept) >= 10 and re.search(r"\[vport0p0: \d+ bytes lost\]", said)
        console.socket.sendall(b"console uart0\n")
        guest.wait_for(rb"console: now on uart0", 10)
        console.socket.close()
        guest.wait_prompt()
        assert "thread 2 of 2" in guest.cmd("say thread 2")
        time.sleep(0.3)


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_messages_nobody_reads(own, boot, virtio, tmp_path, smp):
    """Nothing hangs, every byte comes or is counted, and the gap is where it was."""
    (_, port), devices = two_ports(str(tmp_path))     # not a virtconsole: QEMU drops what one of those has no room for
    guest = boot(devices, smp=smp)
    move_console(guest, port, "vport0p1")
    lines = 20000
    port.socket.sendall(f"say thread {lines}\n".encode())
    for place in PLACES[1:]:
        port.socket.sendall(f"say {place} 20\n".encode())
    time.sleep(8)
    text = port.read_until(b"bytes lost]\r\n", 30)
    text += port.cmd("version").encode() + b"\n"
    text += port.cmd("port list").encode() + b"\n"
    text = text.decode().replace("\r", "")
    numbers = [int(n) for n in re.findall(rf"^thread (\d+) of {lines}$", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1)) and 100 < len(numbers) < lines
    mentioned = sum(int(n) for n in re.findall(r"^\[vport0p1: (\d+) bytes lost\]$", text, re.M))
    assert mentioned == int(re.search(r"^port 1: vport0p1 .* lost (\d+)$", text, re.M).group(1)) > 10000


@pytest.mark.parametrize("board, virtio, smp", MIXED + (("riscv64", "packed", 1),))
def test_broken_while_console(own, boot, virtio, tmp_path, smp):
    """The driver says so on the console that is broken; the shell goes on."""
    (console, _), devices = two_ports(str(tmp_path))
    guest = boot(devices, smp=smp)
    move_console(guest, console)
    for _ in range(8):      # useful in between, so it is not given up
        console.socket.sendall(b"say break\n")
        assert b"the queue is stopped until a reset" in console.read_until(b"msh >")
        time.sleep(0.5)
        assert "5.1" in console.cmd("version")
    assert "reset and recovered" in console.cmd("virtio reset virtio-console0")
    assert "5.1" in console.cmd("version")


def test_console_port_removed(own, boot, virtio, tmp_path):
    """Messages to a port that is gone are lost, but nothing else; the demo goes back to the UART."""
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices)
    third = Extra(guest, str(tmp_path))
    for _ in range(2):
        third.add("virtconsole")
        time.sleep(0.3)
        move_console(guest, third.port, "vport0p2")
        assert "tshell" in third.port.cmd("ps")
        third.port.socket.sendall(b"say thread 20000\n")
        time.sleep(0.2)
        third.remove()
        guest.wait_for(rb"console: the port is gone, so this is the console again", 60)
        third.port.socket.close()
        guest.send("version")       # once it is through with what it had to say
        guest.wait_for(rb"RT-Thread 5\.1", 60)
        guest.wait_prompt()
        time.sleep(0.3)
        assert "vport0p2" not in guest.cmd("list device")


def test_given_up_while_console(own, boot, virtio, tmp_path):
    """What there is to say comes as emergency writes; then the demo goes back to the UART."""
    (console, _), devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("virtio",))
    move_console(guest, console)
    here = guest.here()
    console.socket.sendall(b"say dead\n")
    text = console.read_until(b"dead 1 of 1\r\n")
    assert b"virtio-console0: not recovered" in text
    guest.wait_for(rb"console: the port is gone, so this is the console again", 60, start=here)
    guest.send("")
    guest.wait_prompt()
    assert "failed" in guest.cmd("virtio")
    time.sleep(0.3)
    assert "vport0p" not in guest.cmd("list device")
    assert "reset failed" in guest.cmd("virtio reset virtio-console0", 30)


# --- last words ----------------------------------------------------------------------------------------------------------

def to_file(path, options=""):
    """A console whose output goes to a file: QEMU drops what a socket has no room for."""
    return ["-device", "virtio-serial-device" + options, "-chardev", f"file,id=c0,path={path}", "-device", "virtconsole,chardev=c0"]


def crash(guest, command):
    """The end of what the UART says."""
    here = guest.here()
    guest.misbehaves = True
    guest.send(command)
    assert guest.wait_exit() != 0
    return guest.console[here:].decode()


@pytest.mark.parametrize("smp", (1, 4))
@pytest.mark.parametrize("command, what", (("testkernel assert", "assertion failed"), ("testkernel fault", "*** fault: "),
                                           ("say crash", "(inside == RT_NULL) assertion failed")), ids=("assert", "fault", "inside"))
def test_fault_on_the_console(own, boot, virtio, tmp_path, command, what, smp):
    log = tmp_path / "console.txt"
    guest = boot(to_file(log), smp=smp)
    uart, text = crash(guest, command), log.read_text()
    assert what in text and what in uart
    assert "thread: tshell" in text and "thread: tshell" in uart


@pytest.mark.parametrize("options", ("", ",max_ports=1"), ids=("several ports", "one port"))
def test_fault_before_the_device_is_initialised(own, boot, virtio, tmp_path, options):
    log = tmp_path / "console.txt"
    guest = boot(to_file(log, options), variant="earlyfault", prompt=False)
    assert guest.wait_exit() != 0
    assert b"(nothing != RT_NULL) assertion failed" in guest.console
    assert "(nothing != RT_NULL) assertion failed" in log.read_text()


def test_fault_without_emergency_writes(own, boot, virtio, tmp_path):
    log = tmp_path / "console.txt"
    guest = boot(to_file(log, ",emergency-write=off"))
    assert "assertion failed" in crash(guest, "testkernel assert")
    assert "assertion failed" not in log.read_text()
