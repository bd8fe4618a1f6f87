# SPDX-License-Identifier: Apache-2.0
"""A tap in a network namespace: the device offers checksums, segmentation and several queues, and the peer is Linux.

Where that is not possible (not root, no /dev/net/tun, no namespaces) these tests are skipped.
"""

import re
import socket
import struct

import pytest
from lib import net

SIZE = 4 * net.MIB

OFFLOADS = {"CSUM", "GUEST_CSUM", "GUEST_TSO4", "GUEST_TSO6", "MRG_RXBUF", "CTRL_VQ", "CTRL_RX", "CTRL_GUEST_OFFLOADS"}
NO_MERGING = {"GUEST_TSO4", "GUEST_TSO6"}
NO_GUEST_CSUM = "guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off"

# Options of the device, and what of OFFLOADS is not negotiated with them. Merged frames need buffers of any number.
OPTIONS = {
    "all": ("", set()),
    "csum=off": ("csum=off", {"CSUM"}),
    "guest_csum=off": (NO_GUEST_CSUM, {"GUEST_CSUM"} | NO_MERGING),
    "mrg_rxbuf=off": ("mrg_rxbuf=off", {"MRG_RXBUF"} | NO_MERGING),
    "mq=on": ("mq=on", set()),
    "ctrl_vq=off": ("ctrl_vq=off", {"CTRL_VQ", "CTRL_RX", "CTRL_GUEST_OFFLOADS"}),
    "mq=on,ctrl_vq=off": ("mq=on,ctrl_vq=off", {"CTRL_VQ", "CTRL_RX", "CTRL_GUEST_OFFLOADS"}),
    "guest_tso4=off": ("guest_tso4=off", {"GUEST_TSO4"}),
    "host_tso4=off": ("host_tso4=off,host_tso6=off", set()),
    "csum=off,mrg_rxbuf=off": ("csum=off,mrg_rxbuf=off", {"CSUM", "MRG_RXBUF"} | NO_MERGING),
}


@pytest.fixture(scope="session")
def possible():
    reason = net.why_no_namespace()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def namespace(possible):
    with net.Namespace("tap") as n:
        yield n


def tapped(boot, namespace, options="", queues=1, more=(), **boot_options):
    guest = boot(namespace.devices(options=options, queues=queues) + list(more), needs=net.COMMANDS, prefix=namespace.prefix, **boot_options)
    net.set_address(guest, namespace.GUEST)
    return guest


def both_ways(guest, namespace, size=SIZE):
    net.guest_sends(guest, namespace.HOST, net.listen(namespace.HOST, make=namespace.socket), size)
    net.guest_receives(guest, 5002, lambda: net.connect(namespace.GUEST, 5002, make=namespace.socket), size)


def well(guest):
    """Nothing was refused, lost or malformed."""
    assert net.counters(guest)["rx_malformed"] == 0 and net.counted(guest, "dropped") == [0, 0]
    said = guest.cmd("netstat -s")
    for protocol in ("ip", "tcp", "udp", "icmp"):
        assert re.search(rf"^{protocol} .* checksum 0 length 0 ", said, re.M), said


def pairs_in_use(guest):
    return int(re.search(r"(\d+) in use", guest.cmd("virtio info virtio-net0")).group(1))


@pytest.mark.parametrize("name", OPTIONS)
def test_traffic(boot, virtio, namespace, name):
    options, absent = OPTIONS[name]
    mq = "mq=on" in name
    guest = tapped(boot, namespace, options, queues=4 if mq else 1, variant="pairs" if mq else None)
    features = net.negotiated(guest)
    assert features & OFFLOADS == OFFLOADS - absent
    assert ("MQ" in features) == (name == "mq=on")
    assert not [f for f in features if f.startswith("HOST_")], "lwIP cuts its segments itself"
    net.ping(guest, namespace.HOST, 1)
    both_ways(guest, namespace)
    well(guest)

    seen = net.counters(guest)
    assert (seen["tx_checksums_offloaded"] > SIZE / 1460) == ("CSUM" in features)
    assert (seen["rx_checksums_trusted"] > 0) == ("GUEST_CSUM" in features)
    assert (seen["rx_merged"] > 0) == ("GUEST_TSO4" in features)
    if "GUEST_TSO4" in features:
        # Besides the acknowledgements of what was sent, far fewer frames than segments.
        assert seen["rx_packets"] < seen["tx_packets"] + SIZE / 1460 / 2
    assert pairs_in_use(guest) == (4 if name == "mq=on" else 1)


def test_offloads_by_command(boot, virtio, namespace):
    """Merging off, checksums off, and on again, while the device is in use."""
    guest = tapped(boot, namespace)
    for setting, merged, trusted in (("merge", True, True), ("checksum", False, True), ("none", False, False), ("merge", True, True)):
        assert guest.cmd(f"nic virtio-net0 offload {setting}") == ""
        net.ping(guest, namespace.HOST, 1)
        before = net.counters(guest)
        both_ways(guest, namespace, net.MIB)
        after = net.counters(guest)
        assert (after["rx_merged"] > before["rx_merged"]) == merged, setting
        assert (after["rx_checksums_trusted"] > before["rx_checksums_trusted"] + 100) == trusted, setting
    assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
    both_ways(guest, namespace, net.MIB)
    well(guest)


@pytest.mark.parametrize("smp", (1, 4))
def test_both_ways_at_once(boot, virtio, namespace, smp):
    guest = tapped(boot, namespace, "mq=on", queues=4, smp=smp, variant="pairs")
    start = guest.here()
    guest.cmd("bg tcp receive 5002")
    guest.wait_for(b"tcp: listening on port 5002", 10, start=start)
    sent = net.Later(net.send_all, net.connect(namespace.GUEST, 5002, make=namespace.socket), SIZE)
    net.guest_sends(guest, namespace.HOST, net.listen(namespace.HOST, make=namespace.socket), SIZE)
    guest.wait_for(rb"received %d bytes, adler32 %08x" % (SIZE, sent.result()), 30, start=start)
    well(guest)


@pytest.mark.parametrize("options", ("", "csum=off", "mrg_rxbuf=off"), ids=("all", "csum=off", "mrg_rxbuf=off"))
def test_datagrams(boot, virtio, namespace, options):
    """Small ones and ones that go in fragments, both ways; Linux looks at their checksums unless the device vouches for them."""
    guest = tapped(boot, namespace, options)
    for size in (8, 9, 1000, 1472, 1473, 8000):
        s = namespace.socket(kind=socket.SOCK_DGRAM)
        with s:
            s.settimeout(10)
            s.bind((namespace.HOST, 0))
            start = guest.here()
            guest.cmd(f"bg udp send {namespace.HOST} {s.getsockname()[1]} 20 {size} 200")
            for i in range(20):
                assert s.recv(65536) == struct.pack("!II", i, 20) + net.stream(size - 8, i + 1)
            guest.wait_for(b"sent 20 datagrams", 10, start=start)
            guest.send("udp receive 9")
            guest.wait_for(b"udp: listening on port 9", 10)
            for i in range(20):
                s.sendto(struct.pack("!II", i, 20) + net.stream(size - 8, i + 1), (namespace.GUEST, 9))
            said = net.datagrams_received(guest.wait_prompt(30))
            assert said == {"received": 20, "total": 20, "bytes": 20 * size, "gaps": 0, "late": 0, "damaged": 0}, size
    well(guest)


def test_ipv6(boot, virtio, namespace):
    guest = tapped(boot, namespace)
    there = re.search(r"inet6 (fe80::[0-9a-f:]+)", namespace.run("ip", "-6", "address", "show", "dev", "tap0"))
    if not there:
        pytest.skip("this machine has no IPv6")
    net.link_local(guest)
    net.ping(guest, there.group(1), 2)


@pytest.mark.parametrize("options, queues", (("", 1), ("mq=on", 4)), ids=("one-pair", "mq=on"))
def test_reset_under_traffic(boot, virtio, namespace, options, queues):
    guest = tapped(boot, namespace, options, queues, smp=4, variant="pairs" if queues > 1 else None)
    start = guest.here()
    listener = net.listen(namespace.HOST, make=namespace.socket)
    port = listener.getsockname()[1]
    taken = net.Later(lambda: net.take_all(net.accept(listener)))
    guest.cmd(f"bg tcp send {namespace.HOST} {port} {2 * SIZE}")
    for _ in range(5):
        assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
    try:
        size, checksum = taken.result(90)
    except TimeoutError:
        for command in ("virtio stats virtio-net0", "virtio info virtio-net0", "netstat", "netstat -s", "ps"):
            guest.cmd(command)      # so that its console tells where it hangs
        print(net.queues(guest))
        raise
    assert size == 2 * SIZE
    guest.wait_for(rb"sent %d bytes, adler32 %08x" % (size, checksum), 30, start=start)
    both_ways(guest, namespace, net.MIB)


def without_virtio_header(path):
    """Takes the header that a tap has before each frame out of a capture, and does what it says: puts in the checksum that
    the frame's sender left to the receiver. Returns those headers, with the frames' sources."""
    with open(path, "rb") as f:
        data = f.read()
    out, headers, at = bytearray(data[:24]), [], 24
    while at + 16 <= len(data):
        seconds, us, kept, length = struct.unpack("=4I", data[at:at + 16])
        whole = data[at + 16:at + 16 + kept]
        at += 16 + kept
        size = 10 if whole[10:12] != b"\0\0" else 12     # the first ones, before the guest chose; no address here begins with 0
        flags, kind, header, segment, start, offset = struct.unpack("=BBHHHH", whole[:10])
        frame = bytearray(whole[size:])
        headers.append((bytes(frame[6:12]), flags, kind, header, segment, start, offset))
        if flags & 1:
            frame[start + offset:start + offset + 2] = struct.pack("!H", net.inet_checksum(bytes(frame[start:])))
        out += struct.pack("=4I", seconds, us, kept - size, length - size) + frame
    with open(path, "wb") as f:
        f.write(out)
    return headers


@pytest.mark.parametrize("options", ("", "csum=off", "guest_csum=off"), ids=("all", "csum=off", "guest_csum=off"))
def test_capture(boot, virtio, namespace, tmp_path, options):
    """What goes over the tap is well formed, with every checksum right, also those that one side leaves to the other."""
    file = str(tmp_path / "net.pcap")
    guest = tapped(boot, namespace, options=options, more=net.capture(file))
    net.ping(guest, namespace.HOST, 1)
    both_ways(guest, namespace, net.MIB)
    guest.cmd(f"udp send {namespace.HOST} 9 20 1000")
    features = net.negotiated(guest)
    guest.quit()

    headers = without_virtio_header(file)
    assert net.tshark(file, net.BAD) == []
    assert len(net.tshark(file, "tcp")) > 50
    ours = [header for header in headers if header[0] == bytes.fromhex("525400123456")]
    assert len(ours) > 20
    for _, flags, kind, header, segment, start, offset in ours:
        assert flags & ~1 == 0 and (flags == 0 or "CSUM" in features and start >= 34 and offset in (6, 16))
        assert kind in (0, 1, 4) and (kind == 0 or flags == 1 and 0 < segment <= 1460 and header >= 54)
    if "GUEST_CSUM" in features:
        assert any(flags & 1 for source, flags, *_ in headers if source != bytes.fromhex("525400123456"))
