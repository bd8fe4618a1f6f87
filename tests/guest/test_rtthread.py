# SPDX-License-Identifier: Apache-2.0
"""What only RT-Thread itself has, so for an image of it (KERNEL=file): its file system on the disk, its shell on a
port; and the names of the devices, which are the test kernel's, too."""

import re
import socket
import time

import pytest
import qemu
from lib import disk

NAMES = ("virtio-blk0", "virtio-net0", "vport0p0", "vport0p1", "virtio-gpu0", "virtio-input0", "virtio-input1", "virtio-input2")
TEXT = "written in the guest"


@pytest.fixture
def rtthread():
    """Without KERNEL=file, conftest.py leaves out what asks for this."""


def test_names(boot, virtio, tmp_path):
    guest = boot(qemu.all_devices(disk.make(tmp_path / "d"), str(tmp_path)), needs=("virtio", "list"))
    there = [line.split()[0] for line in guest.devices().splitlines() if line.strip()]
    driven = [line.split()[0] for line in guest.cmd("virtio").splitlines() if "0x" in line and "no driver" not in line]
    for name in NAMES:
        # A class may have been left out of the build, and RT-Thread may cut names to RT_NAME_MAX.
        if not boot.foreign or name.replace("vport0p0", "virtio-console0").replace("vport0p1", "virtio-console0") in driven:
            assert any(len(n) > 5 and name.startswith(n) for n in there), (name, there)


def test_file_system(rtthread, boot, virtio, tmp_path):
    """FAT: a file is there after a second boot, and in the image on the host."""
    image = disk.make(tmp_path / "d")
    guest = boot(disk.attach(image), needs=("mkfs", "mount", "echo", "cat", "mkdir", "ls"))
    guest.cmd("mkfs -t elm virtio-blk0", 60)
    mounted(guest)
    guest.cmd(f'echo "{TEXT}" /hello.txt')
    guest.cmd("mkdir /dir")
    look(guest)
    guest.quit()
    with open(image, "rb") as f:
        assert TEXT.encode() in f.read(8 << 20)
    guest = boot(disk.attach(image))
    mounted(guest)
    look(guest)


def mounted(guest):
    said = guest.cmd("mount virtio-blk0 / elm")
    if "succeed" not in said:
        pytest.skip("the image has no FAT, or a root already: " + said)


def look(guest):
    assert TEXT in guest.cmd("cat /hello.txt")
    assert re.search(r"^ *<DIR> +dir|^dir +<DIR>", said := guest.cmd("ls /"), re.M), said


def test_shell_on_a_port(rtthread, boot, virtio, tmp_path):
    """With the board packages' command `console set NAME`."""
    guest = boot(qemu.all_devices(disk.make(tmp_path / "d"), str(tmp_path)), needs=("console",))
    if "console set" not in guest.cmd("console"):
        pytest.skip("the image's command `console` is another one")
    for path, name in (("console.sock", "vport0p0"), ("port.sock", "vport0p1")):
        with socket.socket(socket.AF_UNIX) as port:
            port.settimeout(10)
            port.connect(str(tmp_path / path))
            time.sleep(0.3)     # until the guest was told
            guest.send(f"console set {name}")
            if "not supported" in read_until(port, "msh |not supported"):
                pytest.skip("the image's `console set` moves messages only, not the shell")
            port.sendall(b"list device\r")
            read_until(port, "\nuart0 .*msh ")
            start = guest.here()
            port.sendall(b"console set uart0\r")
            guest.wait_for(rb"msh [^\s>]*>", 10, start=start)


def read_until(port, pattern):
    """What comes from the port up to what is asked for."""
    said = ""
    while not re.search(pattern, said, re.S):
        try:
            more = port.recv(65536)
        except TimeoutError:
            more = b""
        assert more, f"no {pattern!r} from the port, only {said!r}"
        said += more.decode(errors="replace")
    return said
