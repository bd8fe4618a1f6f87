# SPDX-License-Identifier: Apache-2.0
"""What a network device is told through its control queue, as QEMU tells it (query-rx-filter): filters, address, VLANs,
again after a reset; and what it asks for: an announcement."""

import struct
import time

import pytest

from test_net import ping, user_network, wait_for_address

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
    guest = boot(user_network(), variant="net")
    wait_for_address(guest)
    state = filter_of(guest, promiscuous=False, multicast="normal", unicast="normal")
    assert ALL_NODES in state["multicast-table"] and "01:00:5e:00:00:01" in state["multicast-table"]
    assert not state["multicast-overflow"] and state["main-mac"] == "52:54:00:12:34:56"
    ping(guest)


def test_commands(boot, virtio):
    guest = boot(user_network(), variant="net")
    wait_for_address(guest)
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
    ping(guest)
    # A reset makes the device forget all of it.
    assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
    filter_of(guest, promiscuous=True, multicast="all", main_mac="02:01:02:03:04:05", vlan_table=[7, 4095])
    ping(guest)
    assert guest.cmd("nic virtio-net0 promiscuous off") == ""
    assert guest.cmd("nic virtio-net0 multicast joined") == ""
    filter_of(guest, promiscuous=False, multicast="normal")
    ping(guest)
    for bad in ("mac 03:01:02:03:04:05", "vlan add 4096"):
        assert "not possible" in guest.cmd(f"nic virtio-net0 {bad}")
    assert "the device cannot do that" in guest.cmd("nic virtio-net0 coalesce rx 100 8")
    assert "no network device virtio-net7" in guest.cmd("nic virtio-net7 promiscuous on")


def test_without_a_control_queue(boot, virtio):
    guest = boot(user_network(options="ctrl_vq=off"), variant="net")
    wait_for_address(guest)
    for command in ("promiscuous on", "vlan add 7", "mac 02:01:02:03:04:05", "offload none"):
        assert "the device cannot do that" in guest.cmd(f"nic virtio-net0 {command}")
    ping(guest)


def test_announcement(boot, virtio, tmp_path):
    capture = str(tmp_path / "announce.pcap")
    guest = boot(user_network() + ["-object", f"filter-dump,id=d0,netdev=n0,file={capture}"], variant="net")
    wait_for_address(guest)
    time.sleep(1)
    before = own_announcements(capture)
    guest.hmp("announce_self")
    time.sleep(3)       # QEMU asks for it five times, and waits for the confirmation of each
    assert own_announcements(capture) >= before + 4
    assert guest.cmd("virtio info virtio-net0")
    ping(guest)


@pytest.mark.parametrize("smp", (1, 4))
def test_two_interfaces(boot, virtio, smp):
    devices = []
    for i in range(2):
        devices += ["-netdev", f"user,id=n{i},net=10.0.{2 + i}.0/24", "-device", f"virtio-net-device,netdev=n{i},mac=52:54:00:12:34:{0x56 + i:02x}"]
    guest = boot(devices, smp=smp, variant="net")
    end = time.monotonic() + 30
    while guest.cmd("ifconfig").count("(DHCP)") != 2 and time.monotonic() < end:
        time.sleep(0.5)
    said = guest.cmd("ifconfig")
    assert said.count("(DHCP)") == 2, said
    assert "virtio-net0 (vi" in said and "virtio-net1 (v1" in said
    for gateway in ("10.0.2.2", "10.0.3.2"):
        assert "3 packets transmitted, 3 received" in guest.cmd(f"ping {gateway} 3", 30)
