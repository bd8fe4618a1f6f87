# SPDX-License-Identifier: Apache-2.0
"""Much of it: TCP both ways with checksums, UDP with and without losses, iperf; and what it looks like on the wire."""

import re
import socket
import subprocess

import pytest
from lib import net
from lib.guest import MIXED

# The full amount with each interface and each board once; it takes ten seconds.
MUCH = {("riscv64", "modern"), ("aarch64", "legacy")}


def size(board, virtio):
    return (100 if (board, virtio) in MUCH else 20) * net.MIB


def test_tcp_out(boot, board, virtio):
    guest = boot(net.user(), needs=net.COMMANDS)
    net.guest_sends(guest, "10.0.2.2", net.listen(), size(board, virtio))
    assert net.counted(guest, "copies_made") == [0, 0] and net.counted(guest, "dropped") == [0, 0]


def test_tcp_in(boot, board, virtio):
    port = net.free_port()
    guest = boot(net.user({port: 5002}), needs=net.COMMANDS)
    net.wait_for_address(guest)
    net.guest_receives(guest, 5002, lambda: net.connect("127.0.0.1", port), size(board, virtio))
    assert net.counters(guest)["rx_malformed"] == 0 and net.counted(guest, "dropped") == [0, 0]


@pytest.mark.packed("aarch64")
@pytest.mark.parametrize("variant, smp", ((None, 1), (None, 4), ("O0", 1), ("bounce", 1)))
def test_tcp_both_ways_at_once(boot, virtio, variant, smp):
    amount = 4 * net.MIB
    port = net.free_port()
    guest = boot(net.user({port: 5002}), smp=smp, variant=variant, needs=net.COMMANDS)
    net.wait_for_address(guest)
    start = guest.here()
    guest.cmd("bg tcp receive 5002")
    guest.wait_for(b"tcp: listening on port 5002", 10, start=start)
    sent = net.Later(net.send_all, net.connect("127.0.0.1", port), amount)
    net.guest_sends(guest, "10.0.2.2", net.listen(), amount)
    guest.wait_for(rb"received %d bytes, adler32 %08x" % (amount, sent.result()), 30, start=start)


def test_connections_that_fail(boot, virtio):
    """Nobody listens; and one that is broken off."""
    port = net.free_port()
    guest = boot(net.user({port: 5002}), needs=net.COMMANDS)
    net.wait_for_address(guest)
    assert "tcp: 10.0.2.2: no connection" in guest.cmd(f"tcp send 10.0.2.2 {net.free_port()} 1000", 40)
    start = guest.here()
    guest.cmd("bg tcp receive 5002")
    guest.wait_for(b"tcp: listening on port 5002", 10, start=start)
    connection = net.connect("127.0.0.1", port)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.sendall(b"x" * 1000)
    connection.close()
    guest.wait_for(rb"received \d+ bytes", 30, start=start)
    net.ping(guest, count=1)


def test_ipv6(boot, virtio):
    """Neighbours, router and prefix of QEMU's user network."""
    guest = boot(net.user(), needs=net.COMMANDS)
    net.link_local(guest)
    net.ping(guest, "fe80::2", 2)
    net.ping(guest, "fec0::2", 2)
    try:
        listener = net.listen("::1", socket.AF_INET6)
    except OSError:
        return      # this machine has no IPv6
    net.guest_sends(guest, "fec0::2", listener, net.MIB)


# --- UDP: frames in datagrams on the loopback interface ---------------------------------------------------------------

def with_peer(boot, peer, **options):
    guest = boot(peer.devices(), needs=net.COMMANDS, **options)
    net.set_address(guest, "10.77.0.1", "10.77.0.2")
    net.ping(guest, "10.77.0.2", 1)
    return guest


def test_names(boot, virtio):
    """The peer is DHCP and DNS server as well."""
    with net.Peer() as peer:
        guest = boot(peer.devices(), needs=net.COMMANDS)
        assert net.wait_for_address(guest) == "10.77.0.1"
        assert "DNS server 10.77.0.2" in guest.cmd("ifconfig")
        net.ping(guest, "peer.test", 1)
        assert "nobody.test: no such host" in guest.cmd("ping nobody.test 1", 40)


def test_udp_out(boot, virtio):
    with net.Peer() as peer:
        guest = with_peer(boot, peer)
        said = guest.cmd("udp send 10.77.0.2 9 1000 1000 500", 30)
        assert "sent 1000 datagrams of 1000 bytes" in said and "0 errors" in said
        assert peer.settled(1000) == list(range(1000)) and peer.damaged == 0


def test_udp_in(boot, virtio):
    with net.Peer() as peer:
        guest = with_peer(boot, peer)
        guest.send("udp receive 9")
        guest.wait_for(b"udp: listening on port 9", 10)
        peer.send_series(9, 1000, 1000, 500)
        said = net.datagrams_received(guest.wait_prompt(30))
        assert said == {"received": 1000, "total": 1000, "bytes": 1000 * 1000, "gaps": 0, "late": 0, "damaged": 0}


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_udp_floods(boot, virtio, smp):
    """More than the guest or its peer can take: some is lost, nothing is damaged or doubled, and all goes on."""
    with net.Peer() as peer:
        guest = with_peer(boot, peer, smp=smp)
        said = guest.cmd("udp send 10.77.0.2 9 8000 1000", 60)
        assert "sent 8000 datagrams" in said
        net.ping(guest, "10.77.0.2", 1)
        numbers = list(peer.numbers)
        assert 0 < len(numbers) == len(set(numbers)) and peer.damaged == 0

        guest.send("udp receive 9 2")
        guest.wait_for(b"udp: listening on port 9", 10)
        peer.send_series(9, 8000, 60, None)
        said = net.datagrams_received(guest.wait_prompt(30))
        assert said["received"] > 0 and said["late"] == 0 and said["damaged"] == 0
        if said["received"] < 8000:
            assert said["gaps"] > 0
        net.ping(guest, "10.77.0.2", 2)
        assert net.counters(guest)["rx_malformed"] == 0


# --- iperf 2 ----------------------------------------------------------------------------------------------------------

def test_iperf_to_the_guest(boot, virtio):
    port = net.free_port()
    guest = boot(net.user({port: 5001}), needs=net.COMMANDS)
    net.wait_for_address(guest)
    start = guest.here()
    said = subprocess.run(["iperf", "-c", "127.0.0.1", "-p", str(port), "-t", "2", "-f", "m"], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0 and re.search(r"\d+ Mbits/sec", said.stdout), said
    bytes_ = re.search(r"received (\d+) bytes in \d+ ms", guest.wait_for(rb"iperf: .* received .* Mbit/s", 30, start=start))
    assert int(bytes_.group(1)) > net.MIB


@pytest.mark.parametrize("board, virtio", (("riscv64", "modern"), ("aarch64", "legacy")))
def test_iperf_from_the_guest(boot, virtio, board):
    """It takes ten seconds, so not with everything."""
    server = subprocess.Popen(["iperf", "-s", "-B", "127.0.0.1", "-f", "m"], stdout=subprocess.PIPE, text=True)
    try:
        guest = boot(net.user(), needs=net.COMMANDS)
        said = guest.cmd("iperf -c 10.0.2.2", 60)
        assert int(re.search(r"sent (\d+) bytes", said).group(1)) > net.MIB, said
    finally:
        server.terminate()
    assert "Mbits/sec" in server.communicate(timeout=10)[0]


# --- on the wire ------------------------------------------------------------------------------------------------------

def test_capture(boot, virtio, tmp_path):
    """A bit of everything, as tshark sees it: no frame is malformed, and every checksum is right."""
    file, page, port = str(tmp_path / "net.pcap"), net.free_port(), net.free_port()
    guest = boot(net.user({page: 80, port: 5002}) + net.capture(file), needs=net.COMMANDS)
    net.wait_for_address(guest)
    net.link_local(guest)
    net.ping(guest, count=2)
    net.ping(guest, "fec0::2", 1)
    net.fetch(page)
    net.guest_sends(guest, "10.0.2.2", net.listen(), net.MIB)
    net.guest_receives(guest, 5002, lambda: net.connect("127.0.0.1", port), net.MIB)
    guest.cmd("udp send 10.0.2.2 9 50 1000 1000")
    guest.cmd("virtio reset virtio-net0")
    net.guest_sends(guest, "10.0.2.2", net.listen(), 10000)
    guest.quit()

    assert net.tshark(file, net.BAD) == []
    seen = net.tshark(file, "frame", "_ws.col.Protocol")
    for protocol in ("DHCP", "ARP", "ICMP", "ICMPv6", "HTTP", "TCP", "UDP"):
        assert protocol in seen
    assert len(net.tshark(file, "eth.src == 52:54:00:12:34:56 && tcp")) > 700
