# SPDX-License-Identifier: Apache-2.0
"""What a network device is told through its control queue, as QEMU tells it (query-rx-filter): filters, address, VLANs,
again after a reset; and what it asks for: an announcement."""

import struct
import time

import pytest
from lib import net

ALL_NODES = "33:33:00:00:00:01"


def filter_of(guest, seconds=3, **wanted):
    """The device's filter, once it is as wanted (keys with _ for -); commands take their time."""
    end = time.monotonic() + seconds
    while True:
        state = guest.qmp("query-rx-filter")[0]
        state["vlan-table"].sort()
        if all(state[key.replace("_", "-")] == value for key, value in wanted.items()):
            return state
        assert time.monotonic() < end, f"{state} is not as wanted: {wanted}"
        time.sleep(0.1)


def frames(path):
    """The frames in a capture of QEMU's filter-dump."""
    with open(path, "rb") as f:
        data = f.read()
    at, found = 24, []
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return found


def own_announcements(path):
    """ARP requests in which a host asks for its own address."""
    return sum(f[12:14] == b"\x08\x06" and f[28:32] == f[38:42] != b"\0\0\0\0" for f in frames(path))


def test_only_what_is_wanted_is_let_through(boot, virtio):
    guest = boot(net.user(), needs=net.COMMANDS)
    net.wait_for_address(guest)
    state = filter_of(guest, promiscuous=False, multicast="normal", unicast="normal")
    assert ALL_NODES in state["multicast-table"] and "01:00:5e:00:00:01" in state["multicast-table"]
    assert not state["multicast-overflow"] and state["main-mac"] == "52:54:00:12:34:56"
    net.ping(guest)


def test_commands(boot, virtio):
    guest = boot(net.user(), needs=net.COMMANDS)
    net.wait_for_address(guest)
    assert guest.cmd("nic virtio-net0 promiscuous on") == ""
    filter_of(guest, promiscuous=True)
    assert guest.cmd("nic virtio-net0 multicast all") == ""
    filter_of(guest, promiscuous=True, multicast="all")
    for vlan in (0, 7, 4095):
        assert guest.cmd(f"nic virtio-net0 vlan add {vlan}") == ""
    assert guest.cmd("nic virtio-net0 vlan remove 0") == ""
    filter_of(guest, vlan_table=[7, 4095])
    assert guest.cmd("nic virtio-net0 mac 02:01:02:03:04:05") == ""
    filter_of(guest, main_mac="02:01:02:03:04:05")
    net.ping(guest)
    # A reset makes the device forget all of it.
    assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
    filter_of(guest, promiscuous=True, multicast="all", main_mac="02:01:02:03:04:05", vlan_table=[7, 4095])
    net.ping(guest)
    assert guest.cmd("nic virtio-net0 promiscuous off") == ""
    assert guest.cmd("nic virtio-net0 multicast joined") == ""
    filter_of(guest, promiscuous=False, multicast="normal")
    net.ping(guest)
    for bad in ("mac 03:01:02:03:04:05", "vlan add 4096"):
        assert "not possible" in guest.cmd(f"nic virtio-net0 {bad}")
    assert "the device cannot do that" in guest.cmd("nic virtio-net0 coalesce rx 100 8")
    assert "no network device virtio-net7" in guest.cmd("nic virtio-net7 promiscuous on")


def test_without_a_control_queue(boot, virtio):
    guest = boot(net.user(options="ctrl_vq=off"), needs=net.COMMANDS)
    net.wait_for_address(guest)
    for command in ("promiscuous on", "vlan add 7", "mac 02:01:02:03:04:05", "offload none"):
        assert "the device cannot do that" in guest.cmd(f"nic virtio-net0 {command}")
    net.ping(guest)


@pytest.mark.parametrize("mtu", (1280, 9000))
def test_mtu(boot, virtio, tmp_path, mtu):
    """lwIP takes the device's: a datagram of 2000 bytes goes in two fragments, or in one frame."""
    file = str(tmp_path / "mtu.pcap")
    guest = boot(net.user(options=f"host_mtu={mtu}") + net.capture(file), needs=net.COMMANDS)
    net.wait_for_address(guest)
    assert f"mtu: {mtu}" in guest.cmd("virtio info virtio-net0")
    assert f"MTU {mtu}" in guest.cmd("ifconfig virtio-net0")
    guest.cmd("udp send 10.0.2.2 9 1 2000")
    net.ping(guest)
    sizes = [len(f) for f in frames(file) if f[12:14] == b"\x08\0" and f[23] == 17 and f[30:34] == bytes((10, 0, 2, 2)) and len(f) > 700]
    assert sizes == ([14 + 1276, 14 + 20 + 752] if mtu == 1280 else [14 + 28 + 2000])


def test_announcement(boot, virtio, tmp_path):
    capture = str(tmp_path / "announce.pcap")
    guest = boot(net.user() + net.capture(capture), needs=net.COMMANDS)
    net.wait_for_address(guest)
    time.sleep(1)
    before = own_announcements(capture)
    guest.hmp("announce_self")
    time.sleep(3)       # QEMU asks for it five times, and waits for the confirmation of each
    assert own_announcements(capture) >= before + 4
    assert guest.cmd("virtio info virtio-net0")
    net.ping(guest)
