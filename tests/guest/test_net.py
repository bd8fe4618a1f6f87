# SPDX-License-Identifier: Apache-2.0
"""virtio-net under lwIP: an address by DHCP, ping, the page that the guest serves, a reset in the middle."""

import http.client
import json
import re
import socket
import time

import pytest


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def user_network(port=None, options=""):
    forward = f",hostfwd=tcp:127.0.0.1:{port}-:80" if port else ""
    return ["-netdev", f"user,id=n0{forward}", "-device", "virtio-net-device,netdev=n0" + (options and "," + options)]


def wait_for_address(guest, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = re.search(r"inet (10\.0\.2\.\d+) .*\(DHCP\)", guest.cmd("ifconfig"))
        if found:
            return found.group(1)
        time.sleep(0.5)
    raise AssertionError("no address by DHCP: " + guest.cmd("ifconfig"))


def ping(guest, count=3):
    assert f"{count} packets transmitted, {count} received" in guest.cmd(f"ping 10.0.2.2 {count}", 30)


def fetch(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def counted(guest, what):
    """A pair of numbers, received and sent: frames `lent`, `copied`, `dropped`, `malformed`..."""
    return [int(n) for n in re.findall(rf"(\d+) {what}", guest.cmd("virtio info virtio-net0"))]


@pytest.mark.parametrize("smp", (1, 4))
def test_address_ping_and_page(boot, virtio, smp):
    port = free_port()
    guest = boot(user_network(port), smp=smp, variant="net")
    wait_for_address(guest)
    ping(guest)
    for _ in range(20):
        status, page = fetch(port, "/")
        assert status == 200 and "virtio-net0" in page
    status, text = fetch(port, "/virtio.json")
    devices = {d["name"]: d for d in json.loads(text)["devices"]}
    assert devices["virtio-net0"]["interface"] == virtio and devices["virtio-net0"]["state"] == "ok"
    assert counted(guest, "malformed") == [0]
    assert counted(guest, "copied") == [0, 0] and counted(guest, "dropped") == [0, 0]


@pytest.mark.parametrize("options", ("mrg_rxbuf=off", "ctrl_vq=off", "event_idx=off,indirect_desc=off", "status=off", "any_layout=off,mrg_rxbuf=off"))
def test_without(boot, virtio, options):
    """Header of 10 bytes or 12, framing of its own, no control queue, no link status."""
    guest = boot(user_network(options=options), variant="net")
    wait_for_address(guest)
    ping(guest)
    header = re.search(r"header: (\d+) bytes", guest.cmd("virtio info virtio-net0")).group(1)
    assert header == ("10" if virtio == "legacy" and "mrg_rxbuf=off" in options else "12")


def test_reset_while_in_use(boot, virtio):
    port = free_port()
    guest = boot(user_network(port), variant="net")
    wait_for_address(guest)
    fetch(port, "/")
    used = int(re.search(r"used\s*:\s*(\d+)", guest.cmd("free")).group(1))
    for _ in range(10):
        assert "reset and recovered" in guest.cmd("virtio reset virtio-net0", 30)
        assert fetch(port, "/virtio.json")[0] == 200
    ping(guest)
    time.sleep(1)
    assert abs(int(re.search(r"used\s*:\s*(\d+)", guest.cmd("free")).group(1)) - used) < 4096


def test_link_goes_down_and_up(boot, virtio):
    guest = boot(user_network(), variant="net")
    wait_for_address(guest)
    for name in guest.qmp("query-rx-filter"):
        guest.qmp("set_link", name=name["name"], up=False)
        time.sleep(0.5)
        assert "link: down" in guest.cmd("virtio info virtio-net0")
        assert "link down" in guest.cmd("ifconfig")
        guest.qmp("set_link", name=name["name"], up=True)
    time.sleep(0.5)
    assert "link: up" in guest.cmd("virtio info virtio-net0")
    wait_for_address(guest)
    ping(guest)
