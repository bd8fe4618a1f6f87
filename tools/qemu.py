# SPDX-License-Identifier: Apache-2.0
"""QEMU's command line for the two boards, shared by `make run` and the guest tests."""

import os
import re

# A shell's prompt, `msh >` or `msh /some/dir>`: on a line of its own wherever it stands, or else the last thing said. The
# line feed before it keeps the echo of a command that is being typed from being taken for a new prompt.
PROMPT = re.compile(rb"\n\r?msh [^\s>]*>|\n[^\n]*msh [^\s>]*>\s?$")
ANSI = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


# Where the windows are: the first one's physical address, and how far they are apart.
WINDOWS = {"riscv64": (0x10001000, 0x1000), "aarch64": (0x0A000000, 0x200)}


def program(board):
    return "qemu-system-" + board


def options(parser):
    """The options of a program that boots one image."""
    parser.add_argument("--board", choices=("riscv64", "aarch64"), default="riscv64")
    parser.add_argument("--virtio", choices=("legacy", "modern", "packed"), default="legacy")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--mem", default="256M")
    parser.add_argument("--kernel")


def machine(board, virtio="legacy", smp=1, mem="256M", kernel=None, display="none"):
    """The board itself, without devices. `virtio`: legacy, modern, or packed, which is modern with packed rings. `display`: what QEMU is to show in a window. Memory is only reserved when it is touched, so that 8G fit on a small host."""
    args = [program(board), "-nodefaults", "-display", display, "-smp", str(smp), "-m", mem,
            "-object", f"memory-backend-ram,id=ram,size={mem},reserve=off"]
    if board == "riscv64":
        args += ["-M", "virt,memory-backend=ram", "-bios", "default"]
    else:
        args += ["-M", "virt,gic-version=2,memory-backend=ram", "-cpu", "cortex-a53",
                 "-semihosting-config", "enable=on,target=native"]
    if virtio != "legacy":
        args += ["-global", "virtio-mmio.force-legacy=false"]
    if virtio == "packed":
        args += ["-global", "virtio-device.packed=on"]      # of every device
    return args + ["-kernel", kernel or f"build/{board}/rt-virtio.elf"]


def on_bus(device, slot, options=""):
    """The -device arguments for `device` in the window number `slot`."""
    return ["-device", f"{device},bus=virtio-mmio-bus.{slot}" + (options and "," + options)]


def image_format(path):
    with open(path, "rb") as f:
        return "qcow2" if f.read(4) == b"QFI\xfb" else "raw"


def all_devices(disk, sockets, forward=(), gpu=""):
    """One device of every kind: block, network, console, gpu, and three of input. `sockets`: directory for consoles;
    `forward`: the network's hostfwd values; `gpu`: options of that."""
    hostfwd = "".join(f",hostfwd={f}" for f in forward)
    console, port = (os.path.join(sockets, name) for name in ("console.sock", "port.sock"))
    return (
        ["-drive", f"if=none,id=disk0,format={image_format(disk)},discard=unmap,file={disk.replace(',', ',,')}"]
        + on_bus("virtio-blk-device", 0, "drive=disk0,serial=rt-virtio-disk")
        + ["-netdev", "user,id=net0" + hostfwd]
        + on_bus("virtio-net-device", 1, "netdev=net0")
        + on_bus("virtio-serial-device", 2, "id=serial0")
        + ["-chardev", f"socket,id=console0,path={console},server=on,wait=off",
           "-device", "virtconsole,bus=serial0.0,chardev=console0",
           "-chardev", f"socket,id=port0,path={port},server=on,wait=off",
           "-device", "virtserialport,bus=serial0.0,chardev=port0,name=org.rt-virtio.0"]
        + on_bus("virtio-gpu-device", 3, gpu)
        + on_bus("virtio-keyboard-device", 4)
        + on_bus("virtio-mouse-device", 5)
        + on_bus("virtio-tablet-device", 6)
    )
