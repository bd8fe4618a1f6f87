# SPDX-License-Identifier: Apache-2.0
"""The page that the guest serves: what a program gets, and what a browser makes of it on a phone."""

import http.client
import json
import os
import re
import struct
import subprocess
import time
import zlib

import pytest
import qemu
from lib import disk, net

WIDTH, HEIGHT = 360, 1400       # a phone's, and enough for three devices
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars")


def serve(boot, tmp_path):
    """A guest with one device of every kind, whose page is at the port."""
    port = net.free_port()
    guest = boot(qemu.all_devices(disk.make(tmp_path / "d", seed=50), str(tmp_path), [f"tcp:127.0.0.1:{port}-:80"]), needs=net.COMMANDS)
    net.wait_for_address(guest)
    return guest, port


def test_pages(boot, virtio, tmp_path):
    guest, port = serve(boot, tmp_path)
    for path, status, kind in (("/", 200, "text/html; charset=utf-8"), ("/index.html", 200, "text/html; charset=utf-8"),
                               ("/?x=1", 200, "text/html; charset=utf-8"), ("/virtio.json", 200, "application/json"),
                               ("/nothing", 404, "text/plain"), ("/../etc/passwd", 404, "text/plain")):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.status, answer.getheader("Content-Type"), int(answer.getheader("Content-Length"))) == (status, kind, len(body)), path

    page = net.fetch(port)[1]
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    assert '<noscript><meta http-equiv="refresh"' in page and 'name="viewport"' in page
    assert not re.search(r"(src|href)=.?(https?:)?//|@import|url\(", page)      # nothing from outside
    names = [row.split()[0] for row in guest.cmd("virtio").splitlines() if "0x" in row]
    assert re.findall(r"<h2>([\w-]+)<", page) == names

    # What the page, the JSON and the shell say of a device is the same.
    devices = net.devices(port)
    assert list(devices) == names
    for name, device in devices.items():
        info = guest.cmd(f"virtio info {name}")
        assert device["interface"] == virtio and device["state"] in info
        if "negotiated" in info:
            assert set(device["features"]) == net.negotiated(guest, name)
            for feature in device["features"]:
                assert f"<li>{feature}</li>" in page
    guest.cmd("blk crc virtio-blk0 0 64")
    queue = net.devices(port)["virtio-blk0"]["queues"][0]
    shell = dict(re.findall(r"(\w+) (\d+)", guest.cmd("virtio stats virtio-blk0").splitlines()[0].partition(":")[2]))
    assert queue.pop("size") > 0 and {k: str(v) for k, v in queue.items()} == shell
    for name, device in net.devices(port).items():
        said = guest.cmd(f"virtio stats {name}")
        for counter in device["counters"]:
            assert re.search(rf"^{name}:.* {re.escape(counter)} \d+", said, re.M)


def test_many_at_once(boot, virtio, tmp_path):
    guest, port = serve(boot, tmp_path)
    net.fetch(port)
    fetches = [net.Later(net.fetch, port, path) for path in ("/", "/virtio.json") * 8]
    for i, fetch in enumerate(fetches):
        status, text = fetch.result()
        assert status == 200 and text.rstrip().endswith("}" if i % 2 else "</html>")
    for _ in range(50):
        json.loads(net.fetch(port, "/virtio.json")[1])
    assert guest.cmd("memcheck").endswith("all whole")


def browse(tmp_path, port, *arguments):
    command = ["chromium", *FLAGS, f"--user-data-dir={tmp_path / 'browser'}", *arguments, f"http://127.0.0.1:{port}/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def colours(png):
    """Width, height, and how many different bytes the picture's rows have: a blank one has next to none."""
    with open(png, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack("!II", data[16:24])
    pixels, at = b"", 8
    while at < len(data):
        size, kind = struct.unpack("!I4s", data[at:at + 8])
        pixels += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    return width, height, len(set(zlib.decompress(pixels)))


def test_browser(boot, board, virtio, tmp_path):
    """The page is live: its script has fetched the numbers some times, and put in what has changed."""
    guest, port = serve(boot, tmp_path)
    guest.cmd("bg udp send 10.0.2.2 9 100000 100 200")     # so that something changes
    dom = browse(tmp_path, port, "--virtual-time-budget=4500", "--dump-dom")
    assert int(re.search(r'<body data-updates="(\d+)"', dom).group(1)) >= 2 and ">, live<" in dom
    assert dom.count("<section>") == len(net.devices(port))
    numbers = re.search(r"virtio-net0.*?<tr><td>requests</td>(.*?)</tr>", dom, re.S).group(1)
    assert 'class="new"' in numbers or 'class=""' in numbers     # the script has been here
    assert int(re.findall(r">(\d+)<", numbers)[1]) > 100

    os.makedirs("build/results", exist_ok=True)
    picture = os.path.abspath(f"build/results/page-{board}-{virtio}.png")
    browse(tmp_path, port, f"--window-size={WIDTH},{HEIGHT}", "--virtual-time-budget=2500", f"--screenshot={picture}")
    width, height, different = colours(picture)
    assert (width, height) == (WIDTH, HEIGHT) and different > 50


def test_guest_that_does_not_answer(boot, virtio, tmp_path):
    """A page that cannot be had is no page: the browser gets nothing from a guest that is stopped, and all when it goes on."""
    guest, port = serve(boot, tmp_path)
    guest.qmp("stop")
    with pytest.raises(OSError):
        net.fetch(port, timeout=1)
    guest.qmp("cont")
    time.sleep(0.2)
    assert net.fetch(port)[0] == 200
