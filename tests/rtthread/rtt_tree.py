# SPDX-License-Identifier: Apache-2.0
"""Small RT-Thread trees with just what the installer looks at, in the layout of each version."""

import hashlib
import os
import stat

VERSIONS = ["4.1.1", "5.0.0", "5.1.0", "5.2.1", "5.3.0"]
RISCV, AARCH64 = "bsp/qemu-virt64-riscv", "bsp/qemu-virt64-aarch64"

SCAN = """import os
from building import *

objs = []
for d in os.listdir(GetCurrentDir()):
    if os.path.isfile(os.path.join(GetCurrentDir(), d, 'SConscript')):
        objs += SConscript(os.path.join(d, 'SConscript'))

Return('objs')
"""
GROUP = "from building import *\n\ngroup = DefineGroup('{0}', Glob('*.c'), depend = ['{1}'], CPPPATH = [GetCurrentDir()])\n\nReturn('group')\n"
MENU = """menuconfig {0}
    bool "Drivers"
    default n

    if {0}
        choice
            prompt "VirtIO Version"
            default RT_USING_VIRTIO10

            config RT_USING_VIRTIO10
                bool "VirtIO v1.0"
        endchoice

        menuconfig RT_USING_VIRTIO_CONSOLE
            bool "Console"
            default y

            if RT_USING_VIRTIO_CONSOLE
                config RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR
                    int "Ports"
                    default 4
            endif

        config RT_USING_VIRTIO_BLK
            bool "Disks"
            default y
    endif
"""


def write(root, path, text="/* theirs */\n", mode=0o644):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="") as f:
        f.write(text)
    os.chmod(path, mode)


def drivers(root, path, symbol, kconfig=True):
    """RT-Thread's own drivers, in one of the places where a tree may have them."""
    write(root, f"{path}/SConscript", GROUP.format("DeviceDrivers", symbol))
    for name in ("virtio.c", "virtio.h", "virtio_blk.c", "virtio_blk.h"):
        write(root, f"{path}/{name}", f"/* {path}/{name} */\n")
    if kconfig:
        write(root, f"{path}/Kconfig", MENU.format(symbol))


def make(root, version, newline="\n"):
    major, minor, patch = version.split(".")
    names = ("RT_VERSION", "RT_SUBVERSION", "RT_REVISION") if major == "4" else ("RT_VERSION_MAJOR", "RT_VERSION_MINOR", "RT_VERSION_PATCH")
    write(root, "include/rtdef.h", "".join(f"#define {name:24}{number}    /**< part of the version */\n"
                                           for name, number in zip(names, (major, minor, patch))))
    write(root, "src/kernel.c")
    has_file = version >= "5.2"
    menu = 'rsource "virtio/Kconfig"\n' if has_file else MENU.format("RT_USING_VIRTIO")
    lines = f'menu "Device Drivers"\n\nconfig RT_USING_SERIAL\n    bool "Serial"\n    default y\n\n{menu}\n' \
            'menu "Using USB"\n    config RT_USING_USB\n        bool\nendmenu\nendmenu\n'
    write(root, "components/drivers/Kconfig", lines.replace("\n", newline), 0o640)
    write(root, "components/Kconfig", 'rsource "drivers/Kconfig"\n' if has_file else 'source "$RTT_DIR/components/drivers/Kconfig"\n')
    write(root, "components/drivers/SConscript", SCAN)
    write(root, "components/drivers/serial/SConscript", GROUP.format("DeviceDrivers", "RT_USING_SERIAL"))
    drivers(root, "components/drivers/virtio", "RT_USING_VIRTIO", has_file)
    # What a copy may lose: a mode, a link, an empty directory.
    os.chmod(os.path.join(root, "components/drivers/virtio/virtio.c"), 0o755)
    os.symlink("virtio.h", os.path.join(root, "components/drivers/virtio/old.h"))
    os.makedirs(os.path.join(root, "components/drivers/virtio/empty"), 0o750)
    write(root, f"{RISCV}/driver/SConscript", SCAN)
    write(root, f"{RISCV}/driver/Kconfig", "config BSP_USING_VIRTIO_BLK\n    bool \"Disks\"\n    select RT_USING_VIRTIO\n")
    write(root, f"{RISCV}/driver/drv_virtio.c", "/* riscv's */\n", 0o755)
    aarch64 = f"{AARCH64}/driver" if major == "4" else f"{AARCH64}/drivers"
    write(root, f"{aarch64}/SConscript", SCAN)
    if version >= "5.3":
        for name in ("virtio.h", "virtq.h"):
            write(root, f"components/drivers/include/drivers/{name}")
        write(root, "components/legacy/Kconfig", 'rsource "virtio/Kconfig"\n')
        write(root, "components/legacy/SConscript", SCAN)
        drivers(root, "components/legacy/virtio", "RT_USING_LEGACY_VIRTIO")
        drivers(root, f"{RISCV}/driver/virtio", "BSP_USING_VIRTIO")
    else:
        write(root, f"{aarch64}/drv_virtio.c", "/* aarch64's */\n")
    return root


def make_bsp(root, arch="risc-v"):
    write(root, "rtconfig.py", f"ARCH = '{arch}'\nCPU = 'virt64'\n")
    write(root, "driver/SConscript", SCAN)
    write(root, "driver/drv_virtio.c", "/* the BSP's */\n")
    return root


def snapshot(top):
    """{path: kind, mode and contents} of everything below `top`."""
    found = {}
    for directory, subdirectories, names in os.walk(top):
        for name in subdirectories + names:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                what = os.readlink(path)
            elif stat.S_ISDIR(mode):
                what = ""
            else:
                with open(path, "rb") as f:
                    what = hashlib.sha256(f.read()).hexdigest()
            found[os.path.relpath(path, top)] = f"{mode:o} {what}"
    return found


def scanned(root, path):
    """The SConscripts that RT-Thread's build reads from this one on."""
    with open(os.path.join(root, path, "SConscript")) as f:
        text = f.read()
    found = [path]
    if "os.listdir" in text:
        for name in sorted(os.listdir(os.path.join(root, path))):
            if os.path.isfile(os.path.join(root, path, name, "SConscript")):
                found += scanned(root, f"{path}/{name}")
    return found
