# SPDX-License-Identifier: Apache-2.0
"""virtio-net under lwIP: an address by DHCP, ping, the page that the guest serves, a reset in the middle."""

import re
import time

import pytest
from lib import net, screen
from lib.guest import MIXED


@pytest.mark.parametrize("smp", (1, 4))
def test_address_ping_and_page(boot, virtio, smp):
    port = net.free_port()
    guest = boot(net.user({port: 80}), smp=smp, needs=net.COMMANDS)
    net.wait_for_address(guest)
    net.ping(guest)
    for _ in range(20):
        status, page = net.fetch(port)
        assert status == 200 and "virtio-net0" in page
    device = net.devices(port)["virtio-net0"]
    assert device["interface"] == virtio and device["state"] == "ok"
    assert net.counters(guest)["rx_malformed"] == 0
    assert net.counted(guest, "copies_made") == [0, 0] and net.counted(guest, "dropped") == [0, 0]


@pytest.mark.packed("riscv64")
def test_with_rt_threads_own_commands(boot, virtio):
    """RT-Thread's `ifconfig` and `ping` say it in other words than the demo's; any image with lwIP has them."""
    guest = boot(net.user(), needs=("ifconfig", "ping"))
    screen.until(guest, "ifconfig", "10.0.2.15")
    said = guest.cmd("ping 10.0.2.2", 60)
    answers = re.findall(r"\d+ bytes from 10\.0\.2\.2:? icmp_seq=(\d+) ttl=\d+ time=", said)
    assert len(set(answers)) >= 3, said     # the first may be lost while the address is looked up


@pytest.mark.parametrize("options", ("mrg_rxbuf=off", "ctrl_vq=off", "event_idx=off,indirect_desc=off", "status=off", "any_layout=off,mrg_rxbuf=off"))
def test_without(boot, virtio, options):
    """Header of 10 bytes or 12, framing of its own, no control queue, no link status."""
    guest = boot(net.user(options=options), needs=net.COMMANDS)
    net.wait_for_address(guest)
    net.ping(guest, count=1)
    header = re.search(r"header: (\d+) bytes", guest.cmd("virtio info virtio-net0")).group(1)
    assert header == ("10" if virtio == "legacy" and "mrg_rxbuf=off" in options else "12")


def test_reset_while_in_use(boot, virtio):
    port = net.free_port()
    guest = boot(net.user({port: 80}), needs=net.COMMANDS)
    net.wait_for_address(guest)
    net.fetch(port)
    used = net.memory(guest)
    for _ in range(10):
        assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
        assert net.fetch(port, "/virtio.json")[0] == 200
    net.ping(guest)
    assert abs(net.settled_memory(guest, used) - used) < 4096


def set_link(guest, up):
    for name in guest.qmp("query-rx-filter"):
        guest.qmp("set_link", name=name["name"], up=up)


def test_link_goes_down_and_up(boot, virtio):
    guest = boot(net.user(), needs=net.COMMANDS)
    net.wait_for_address(guest)
    set_link(guest, up=False)
    time.sleep(0.5)
    assert "link: down" in guest.cmd("virtio info virtio-net0")
    assert "link down" in guest.cmd("ifconfig")
    set_link(guest, up=True)
    time.sleep(0.5)
    assert "link: up" in guest.cmd("virtio info virtio-net0")
    net.wait_for_address(guest)
    net.ping(guest)


@pytest.mark.parametrize("board, virtio, smp", MIXED)
def test_link_flaps(boot, virtio, smp):
    """Fifty times, faster than the guest can follow, and under traffic; then it is up, and works."""
    guest = boot(net.user(), smp=smp, needs=net.COMMANDS)
    net.wait_for_address(guest)
    guest.cmd("bg udp send 10.0.2.2 9 2000 200 1000")
    for i in range(50):
        set_link(guest, up=False)
        time.sleep(0.002 * (i % 10))
        set_link(guest, up=True)
        time.sleep(0.002 * (i % 7))
    guest.wait_for(rb"sent 2000 datagrams", 30)
    assert "link: up" in guest.cmd("virtio info virtio-net0") and "link up" in guest.cmd("ifconfig virtio-net0")
    net.wait_for_address(guest)
    net.ping(guest)


def test_two_interfaces(boot, virtio):
    guest = boot(net.user() + net.user(netdev="n1", more=",net=10.0.3.0/24"), needs=net.COMMANDS)
    addresses = {net.wait_for_address(guest, name=f"virtio-net{i}")[:7] for i in (0, 1)}
    assert addresses == {"10.0.2.", "10.0.3."}
    net.ping(guest, "10.0.2.2", 2)
    net.ping(guest, "10.0.3.2", 2)
    for i in (0, 1):
        received, sent = net.counted(guest, "packets", f"virtio-net{i}")
        assert received >= 3 and sent >= 3


@pytest.mark.parametrize("board", ("aarch64",))
def test_without_rt_threads(own, boot, virtio):
    """LWIP_NO_RX_THREAD, LWIP_NO_TX_THREAD: frames come by a thread of ours, and are sent by lwIP's."""
    port = net.free_port()
    guest = boot(net.user({port: 80}), variant="nothreads")
    net.wait_for_address(guest)
    threads = guest.cmd("list thread")
    assert "vnet" in threads and "erx" not in threads and "etx" not in threads, threads
    net.ping(guest)
    for _ in range(20):
        assert net.fetch(port)[0] == 200
    assert net.counted(guest, "dropped") == [0, 0]
    set_link(guest, up=False)
    time.sleep(0.5)
    assert "link down" in guest.cmd("ifconfig")
    set_link(guest, up=True)
    time.sleep(0.5)
    net.wait_for_address(guest)
    assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
    net.ping(guest)
    used = net.memory(guest)
    assert "removed" in guest.cmd("virtio remove virtio-net0", 30)
    assert net.memory(guest) < used


def test_image_without_lwip(own, boot, virtio):
    """NET=0: the device is listed, and left alone."""
    guest = boot(net.user(), variant="nonet")
    assert re.search(r"^virtio-\S+ .* network +no driver", guest.cmd("virtio"), re.M)
    assert "not found" in guest.cmd("ifconfig") and "not found" in guest.cmd("ping 10.0.2.2 1")
