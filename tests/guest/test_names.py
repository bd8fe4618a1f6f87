# SPDX-License-Identifier: Apache-2.0
"""RT_NAME_MAX=8: names of 8 characters or more are cut, so devices have short ones, and no two the same."""

import re

import pytest
import qemu
from lib import disk, net

NAMES = ["vblk0", "vblk1", "vnet0", "vnet1", "vcon0", "vgpu0", "vinp0", "vinp1"]


@pytest.mark.parametrize("board", ("riscv64",))
def test_short_names(boot, virtio, tmp_path):
    images = [disk.make(tmp_path / f"d{i}", 1 << 20, seed=i) for i in (0, 1)]
    devices = disk.attach(images[0]) + disk.attach(images[1], slot=1, name="d1")
    for i in (0, 1):
        devices += ["-netdev", f"user,id=n{i},net=10.0.{2 + i}.0/24"]
        devices += qemu.on_bus("virtio-net-device", 2 + i, f"netdev=n{i}")
    devices += qemu.on_bus("virtio-serial-device", 4, "id=serial0")
    for i in (1, 2):
        devices += ["-chardev", f"file,id=c{i},path={tmp_path}/port{i}",
                    "-device", f"virtserialport,bus=serial0.0,chardev=c{i},nr={i}"]
    devices += qemu.on_bus("virtio-gpu-device", 5, "max_outputs=2")
    devices += qemu.on_bus("virtio-keyboard-device", 6) + qemu.on_bus("virtio-tablet-device", 7)
    guest = boot(devices, variant="names")

    assert re.findall(r"^(v\w+) +0x", guest.cmd("virtio"), re.M) == NAMES
    registered = [line.split()[0] for line in guest.cmd("list device").splitlines() if " Device " in line or " Interface " in line]
    assert len(registered) == len(set(registered))
    assert {*NAMES, "vgpu0d1", "vp0p1", "vp0p2", "touch0"} <= set(registered), registered

    for i, image in enumerate(images):
        assert disk.crc(image, 0, 64) in guest.cmd(f"blk crc vblk{i} 0 64")
    assert {net.wait_for_address(guest, name=f"vnet{i}")[:7] for i in (0, 1)} == {"10.0.2.", "10.0.3."}
    net.ping(guest, "10.0.2.2", 2)
    net.ping(guest, "10.0.3.2", 2)
    for i in (1, 2):
        guest.cmd(f"port send vp0p{i} {i}000")
        assert (tmp_path / f"port{i}").stat().st_size == i * 1000
    assert "0 errors" in guest.cmd("blk stress vblk1 4 1", 30)
    assert "keyboard" in guest.cmd("input list") and "vgpu0" in guest.cmd("gpu info vgpu0")
