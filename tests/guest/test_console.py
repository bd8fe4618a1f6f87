# SPDX-License-Identifier: Apache-2.0
"""virtio-console: bytes through ports in both directions, ports that come and go, a host that does not read, resets."""

import os
import re
import socket
import time
import zlib

import pytest

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


def test_ports_come_and_go(boot, virtio, tmp_path):
    (_, second), devices = two_ports(str(tmp_path))
    guest = boot(devices, needs=("port",))
    third = Port(str(tmp_path), 2)
    guest.qmp("chardev-add", id="c2", backend={"type": "socket", "data": {
        "addr": {"type": "unix", "data": {"path": third.path}}, "server": True, "wait": False}})
    for _ in range(3):
        guest.qmp("device_add", driver="virtserialport", chardev="c2", name="org.test.2", id="p2", nr=2)
        time.sleep(0.3)
        third.connect()
        assert guest.cmd("port write org.test.2 hello") == "sent 5 of 5 bytes"
        assert third.receive(5) == b"hello"
        guest.qmp("device_del", id="p2")
        time.sleep(0.3)
        third.socket.close()
        assert "sent 5 of 5" not in guest.cmd("port write vport0p2 hello")
    second.connect()
    assert guest.cmd("port write vport0p1 hello") == "sent 5 of 5 bytes"
    assert second.receive(5) == b"hello"


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
