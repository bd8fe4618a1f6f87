# SPDX-License-Identifier: Apache-2.0
"""Networks for guests: QEMU's own, frames in datagrams, two guests on a wire, taps in a namespace; and what talks to them."""

import contextlib
import ctypes
import http.client
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import zlib

MIB = 1 << 20
COMMANDS = ("tcp", "udp", "ifconfig", "bg")     # what a foreign image has to have for these tests


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# --- QEMU's arguments ------------------------------------------------------------------------------------------------

def nic(netdev="n0", options=""):
    return ["-device", f"virtio-net-device,netdev={netdev}" + (options and "," + options)]


def user(forward=(), options="", netdev="n0", more=""):
    """QEMU's user network: the guest is 10.0.2.15, the host 10.0.2.2. `forward`: {port of 127.0.0.1: guest's TCP port}."""
    forward = "".join(f",hostfwd=tcp:127.0.0.1:{near}-:{far}" for near, far in dict(forward).items())
    return ["-netdev", f"user,id={netdev}{forward}{more}"] + nic(netdev, options)


def wire(path, server, netdev="n0", mac="52:54:00:12:34:56", options=""):
    """One end of a wire between two guests. The server's guest has to be started first."""
    end = f"stream,id={netdev},server={'on' if server else 'off'},addr.type=unix,addr.path={path}"
    return ["-netdev", end] + nic(netdev, f"mac={mac}" + (options and "," + options))


def capture(path, netdev="n0"):
    return ["-object", f"filter-dump,id=dump-{netdev},netdev={netdev},file={path}"]


# --- what is asked of a guest ----------------------------------------------------------------------------------------

def wait_for_address(guest, seconds=30, name="virtio-net0"):
    """The guest's IPv4 address by DHCP."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = re.search(r"inet (10\.\d+\.\d+\.\d+) .*\(DHCP\)", guest.cmd(f"ifconfig {name}"))
        if found:
            return found.group(1)
        time.sleep(0.2)
    raise AssertionError("no address by DHCP: " + guest.cmd("ifconfig"))


def set_address(guest, address, gateway="0.0.0.0", name="virtio-net0", seconds=10):
    """Once the link is up: until then there is no route."""
    end = time.monotonic() + seconds
    while ", link up" not in (said := guest.cmd(f"ifconfig {name}")):
        assert time.monotonic() < end, said
        time.sleep(0.1)
    assert f"inet {address} " in guest.cmd(f"ifconfig {name} {address} {gateway} 255.255.255.0")


def link_local(guest, name="virtio-net0", seconds=10):
    """The interface's IPv6 address on the link, once it is known to be nobody else's."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = re.search(r"inet6 (fe80::[0-9a-f:]+)\S*$", guest.cmd(f"ifconfig {name}"), re.M | re.I)
        if found:
            return found.group(1)
        time.sleep(0.2)
    raise AssertionError("no link-local address: " + guest.cmd(f"ifconfig {name}"))


def ping(guest, host="10.0.2.2", count=3):
    said = guest.cmd(f"ping {host} {count}", 10 + 3 * count)
    assert f"{count} packets transmitted, {count} received" in said and "DAMAGED" not in said, said


def counters(guest, name="virtio-net0"):
    """The device's counters, as `virtio stats` prints them."""
    line = re.search(rf"^{name}: (.*)$", guest.cmd(f"virtio stats {name}"), re.M).group(1).split()
    return dict(zip(line[::2], map(int, line[1::2])))


def counted(guest, what, name="virtio-net0"):
    """Of the frames received and sent, how many: `packets`, `dropped`, `copies_made`, `bytes`."""
    now = counters(guest, name)
    return [now["rx_" + what], now["tx_" + what]]


def negotiated(guest, name="virtio-net0"):
    return set(re.search(r"^negotiated: (.*)$", guest.cmd(f"virtio info {name}"), re.M).group(1).split())


def memory(guest):
    return int(re.search(r"used\s*:\s*(\d+)", guest.cmd("free")).group(1))


def settled_memory(guest, at_most, seconds=20):
    """The heap in use, once it is no more than that; or what it is at the end."""
    end = time.monotonic() + seconds
    while (used := memory(guest)) > at_most and time.monotonic() < end:
        time.sleep(0.5)
    return used


def fetch(port, path="/", timeout=20):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def devices(port):
    """The devices of /virtio.json by name."""
    status, text = fetch(port, "/virtio.json")
    assert status == 200
    return {d["name"]: d for d in json.loads(text)["devices"]}


def patiently(function, *arguments, seconds=30):
    """What it returns, once it does: the guest may still be starting."""
    end = time.monotonic() + seconds
    while True:
        try:
            return function(*arguments)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


# --- streams ---------------------------------------------------------------------------------------------------------

def stream(size, state=1):
    """The bytes that the guest's `tcp send` and `udp send` send."""
    out = bytearray()
    for _ in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return bytes(out)


_block = os.urandom(MIB)


def send_all(connection, size):
    """So many bytes, then the end. Returns their Adler-32. The same block, turned a little each time."""
    checksum, turn = 1, 0
    with connection:
        while size > 0:
            data = (_block[turn:] + _block[:turn])[:size]
            connection.sendall(data)
            checksum, size, turn = zlib.adler32(data, checksum), size - len(data), (turn + 4099) % MIB
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):       # until the guest has got it
            pass
    return checksum


def take_all(connection, head=4096):
    """(bytes, their Adler-32) until the end; the first must be those that `tcp send` begins with."""
    first, size, checksum = b"", 0, 1
    with connection:
        while data := connection.recv(1 << 18):
            first += data[:head - len(first)]
            size, checksum = size + len(data), zlib.adler32(data, checksum)
    assert first == stream(min(size, head))
    return size, checksum


def listen(address="127.0.0.1", family=socket.AF_INET, make=socket.socket):
    s = make(family)
    s.bind((address, 0))
    s.listen()
    s.settimeout(30)
    return s


def accept(listener):
    with listener:
        connection = listener.accept()[0]
    connection.settimeout(30)
    return connection


class Later(threading.Thread):
    """Runs a function beside the test; result() gives what it returned, or raises what it raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments, self.value, self.problem = function, arguments, None, None
        self.start()

    def run(self):
        try:
            self.value = self.function(*self.arguments)
        except BaseException as e:      # noqa: B902: for result() to raise
            self.problem = e

    def result(self, timeout=60):
        self.join(timeout)
        assert not self.is_alive(), f"{self.function.__name__} still runs after {timeout} s"
        if self.problem:
            raise self.problem
        return self.value


def guest_sends(guest, host, listener, size, timeout=90):
    """`tcp send` to a listener that `host` leads to; compares the checksums. Returns the milliseconds that the guest took."""
    port = listener.getsockname()[1]
    taken = Later(lambda: take_all(accept(listener)))
    said = guest.cmd(f"tcp send {host} {port} {size}", timeout)
    got, checksum = taken.result()
    assert got == size and f"sent {size} bytes, adler32 {checksum:08x}" in said, (got, f"{checksum:08x}", said)
    return int(re.search(r"in (\d+) ms", said).group(1))


def guest_receives(guest, port, connect, size, timeout=90):
    """`tcp receive`, sent to over what connect() returns; compares the checksums. Returns the guest's milliseconds."""
    guest.send(f"tcp receive {port}")
    guest.wait_for(b"tcp: listening on port", 10)
    checksum = send_all(connect(), size)
    said = guest.wait_prompt(timeout)
    assert f"received {size} bytes, adler32 {checksum:08x}" in said, (f"{checksum:08x}", said)
    return int(re.search(r"in (\d+) ms", said).group(1))


def connect(address, port, make=socket.socket, family=socket.AF_INET):
    s = make(family)
    s.settimeout(30)
    s.connect((address, port))
    return s


def queues(guest):
    """QEMU's view of the network devices' queues, for the report of a transfer that hangs."""
    out = []
    for device in guest.qmp("x-query-virtio"):
        if device["name"] == "virtio-net":
            out += [str(guest.qmp("x-query-virtio-queue-status", path=device["path"], queue=i)) for i in (0, 1)]
    return "\n".join(out)


def datagrams_received(said):
    """What `udp receive` printed, as numbers."""
    names = ("received", "total", "bytes", "gaps", "late", "damaged")
    found = re.search(r"received (\d+) of (\d+) datagrams, (\d+) bytes; (\d+) gaps, (\d+) late, (\d+) damaged", said)
    assert found, said
    return dict(zip(names, map(int, found.groups())))


# --- a host of a few lines, for frames in datagrams -------------------------------------------------------------------

def inet_checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Peer:
    """The other end of `-netdev dgram`: 10.77.0.2, which answers ARP and ping, and sends and counts UDP datagrams. It gives
    out the address 10.77.0.1 by DHCP, and knows its own name, peer.test."""

    MAC, ADDRESS, GUEST = bytes.fromhex("020000000002"), bytes((10, 77, 0, 2)), bytes((10, 77, 0, 1))

    def __init__(self, guest_mac="52:54:00:12:34:56"):
        self.guest_mac = bytes.fromhex(guest_mac.replace(":", ""))
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.5)
        self.far = ("127.0.0.1", free_port(socket.SOCK_DGRAM))
        self.numbers, self.damaged = [], 0      # of the datagrams that came
        self.closed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.closed = True
        self.thread.join(5)
        self.socket.close()

    def devices(self, options="", netdev="n0"):
        near = self.socket.getsockname()
        ends = "".join(f",{end}.type=inet,{end}.host={host},{end}.port={port}"
                       for end, (host, port) in (("local", self.far), ("remote", near)))
        return ["-netdev", f"dgram,id={netdev}{ends}"] + nic(netdev, options)

    def send(self, frame):
        with contextlib.suppress(ConnectionError):
            self.socket.sendto(frame, self.far)

    def ethernet(self, kind, data):
        return (self.guest_mac + self.MAC + struct.pack("!H", kind) + data).ljust(60, b"\0")

    def ip(self, protocol, data):
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 0, 0, 64, protocol, 0, self.ADDRESS, self.GUEST)
        return self.ethernet(0x0800, header[:10] + struct.pack("!H", inet_checksum(header)) + header[12:] + data)

    def udp(self, port, data, source=7777):
        header = struct.pack("!HHHH", source, port, 8 + len(data), 0)
        pseudo = self.ADDRESS + self.GUEST + struct.pack("!HH", 17, 8 + len(data))
        return self.ip(17, header[:6] + struct.pack("!H", inet_checksum(pseudo + header + data) or 0xFFFF) + data)

    def _serve(self):
        while not self.closed:
            try:
                frame = self.socket.recv(65536)
            except (TimeoutError, ConnectionError):
                continue
            kind, data = frame[12:14], frame[14:]
            if kind == b"\x08\x06" and data[6:8] == b"\0\1" and data[24:28] == self.ADDRESS:
                self.send(self.ethernet(0x0806, data[:6] + b"\0\2" + self.MAC + self.ADDRESS + data[8:18]))
            elif kind == b"\x08\x00" and data[16:20] in (self.ADDRESS, b"\xff\xff\xff\xff"):
                self._packet(data[9], data[20:struct.unpack("!H", data[2:4])[0]])

    def _packet(self, protocol, data):
        if protocol == 1 and data[0] == 8:
            data = b"\0\0\0\0" + data[4:]
            self.send(self.ip(1, data[:2] + struct.pack("!H", inet_checksum(data)) + data[4:]))
        elif protocol == 17 and data[2:4] == b"\0\x43":
            self._dhcp(data[8:])
        elif protocol == 17 and data[2:4] == b"\0\x35":
            self._dns(int.from_bytes(data[:2], "big"), data[8:])
        elif protocol == 17:
            # Sum it up over the pseudo header; what is right gives 0.
            pseudo = self.GUEST + self.ADDRESS + struct.pack("!HH", 17, len(data))
            self.damaged += data[6:8] != b"\0\0" and inet_checksum(pseudo + data) != 0
            self.numbers.append(struct.unpack("!I", data[8:12])[0])

    def _dhcp(self, asked):
        """An offer for a discover, an acknowledgement for a request; the type is lwIP's first option."""
        answer = {b"\1": b"\2", b"\3": b"\5"}.get(asked[242:243])
        if answer and asked[240:242] == b"\x35\1":
            options = ((53, answer), (54, self.ADDRESS), (51, b"\0\1\0\0"), (1, b"\xff\xff\xff\0"), (3, self.ADDRESS), (6, self.ADDRESS))
            self.send(self.udp(68, b"\2" + asked[1:16] + self.GUEST + self.ADDRESS + asked[24:240]
                               + b"".join(bytes((code, len(value))) + value for code, value in options) + b"\xff", source=67))

    def _dns(self, port, asked):
        known = asked[12:].startswith(b"\4peer\4test\0\0\1")       # its A record
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + self.ADDRESS if known else b""
        flags = b"\x81\x80\0\1\0\1" if known else b"\x81\x83\0\1\0\0"
        self.send(self.udp(port, asked[:2] + flags + b"\0\0\0\0" + asked[12:] + answer, source=53))

    def settled(self, count, seconds=5):
        """The numbers of the datagrams that have come, once there are so many, or nothing comes any more."""
        end, before = time.monotonic() + seconds, -1
        while (now := len(self.numbers)) < count and (now != before or time.monotonic() < end):
            if now != before:
                end, before = time.monotonic() + seconds, now
            time.sleep(0.05)
        return self.numbers

    def send_series(self, port, count, size, rate):
        """What the guest's `udp receive` counts, at most `rate` a second; None: as fast as possible. Made before it is sent."""
        frames = [self.udp(port, struct.pack("!II", i, count) + stream(size - 8, i + 1)) for i in range(count)]
        for frame in frames:
            self.send(frame)
            if rate:
                time.sleep(1 / rate)    # without catching up: that would be a burst


# --- taps in a network namespace -------------------------------------------------------------------------------------

def why_no_namespace():
    """None if this machine can have them; or why not."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace"
    if not shutil.which("ip"):
        return "needs `ip`, of the package iproute2"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    # What a run that was killed has left.
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else ():
        found = re.fullmatch(r"rt-virtio-(\d+)-\w+", name)
        if found and not os.path.exists(f"/proc/{found.group(1)}"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=20)
    try:
        with Namespace("probe") as n:
            n.tap("tap0")
    except subprocess.CalledProcessError as e:
        return f"no network namespace with a tap here: {(e.stderr or '').strip() or e}"
    return None


class Namespace:
    """A network namespace of the test's own: nothing in it reaches the machine's network. Gone at the end, with all in it."""

    HOST, GUEST = "10.77.1.2", "10.77.1.1"
    _libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self, name):
        self.name = f"rt-virtio-{os.getpid()}-{name}"
        self.prefix = ["ip", "netns", "exec", self.name]

    def __enter__(self):
        self._ip("netns", "add", self.name)
        try:
            self.run("ip", "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self._ip("netns", "del", self.name)

    @staticmethod
    def _ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)

    def run(self, *command, check=True, timeout=60):
        return subprocess.run(self.prefix + list(command), check=check, capture_output=True, text=True, timeout=timeout).stdout

    def tap(self, name, queues=1):
        self.run("ip", "tuntap", "add", "dev", name, "mode", "tap", *(["multi_queue"] if queues > 1 else []))
        self.run("ip", "address", "add", f"{self.HOST}/24", "dev", name)
        self.run("ip", "link", "set", name, "up")

    def devices(self, tap="tap0", options="", queues=1, netdev="n0"):
        """A device on a new tap."""
        self.tap(tap, queues)
        return (["-netdev", f"tap,id={netdev},ifname={tap},script=no,downscript=no" + (f",queues={queues}" if queues > 1 else "")]
                + nic(netdev, options))

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """A socket that lives in the namespace: made by a thread that goes there."""
        def make():
            with open(f"/run/netns/{self.name}") as there:
                if self._libc.setns(there.fileno(), 0x40000000) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return socket.socket(family, kind)
        return Later(make).result()


# --- what tshark thinks of a capture ----------------------------------------------------------------------------------

BAD = ("_ws.malformed || _ws.expert.severity == error || ip.checksum.status == bad || tcp.checksum.status == bad"
       " || udp.checksum.status == bad || icmp.checksum.status == bad || icmpv6.checksum.status == bad")


def tshark(path, wanted, *fields):
    """The frames of a capture that a filter selects, a line each; or only these fields of them."""
    command = ["tshark", "-n", "-r", path, "-Y", wanted]
    for protocol in ("ip", "tcp", "udp"):
        command += ["-o", f"{protocol}.check_checksum:TRUE"]
    for field in fields:
        command += ["-T", "fields", "-e", field]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
