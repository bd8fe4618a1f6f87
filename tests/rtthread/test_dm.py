# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's driver model, block and serial frameworks: the component compiles with and without each, against declarations of
our own. What it does with them is tried in a guest, tests/guest/test_dm.py."""

import glob
import subprocess

import pytest

BOARDS = {"riscv64": ("riscv64-unknown-elf-", "--specs=picolibc.specs", "-march=rv64imac", "-misa-spec=2.2", "-mabi=lp64"),
          "aarch64": ("aarch64-linux-gnu-", "--specs=picolibc.specs", "-mno-outline-atomics")}
# What these frameworks are of any importance to.
SOURCES = sorted(name for part in ("", "_scan", "_shell", "_dm", "_blk*", "_console*")
                 for name in glob.glob(f"virtio/rtthread/rt_virtio{part}.c"))
ALL = ("RT_USING_DM", "RT_USING_OFW", "RT_USING_PIC", "RT_USING_BLK", "RT_USING_SERIAL", "RT_VIRTIO_CONSOLE_SERIAL")
SETS = {
    "none": (),
    "dm": ("RT_USING_DM",),
    "dm-ofw": ("RT_USING_DM", "RT_USING_OFW"),
    "dm-pic": ("RT_USING_DM", "RT_USING_PIC"),
    "dm-blk": ("RT_USING_DM", "RT_USING_BLK"),
    "blk": ("RT_USING_BLK",),
    "serial": ("RT_USING_SERIAL",),
    "serial-twin": ("RT_USING_SERIAL", "RT_VIRTIO_CONSOLE_SERIAL"),
    "all-but-the-device-tree": tuple(o for o in ALL if o != "RT_USING_OFW"),
    "all-5.1": (*ALL, "RT_VERSION_MINOR=1"),
    "all-5.2": (*ALL, "RT_VERSION_MINOR=2"),
    "all-smp": (*ALL, "RT_USING_SMP", "RT_CPUS_NR=4"),
    "all-without-ops": (*ALL, "TESTKERNEL_NO_DEVICE_OPS"),
    "all-short-names": (*ALL, "RT_NAME_MAX=8"),
}


def compile_all(board, options, sources, *more):
    include = ["virtio/include", "virtio/rtthread/include", "virtio/rtthread", "testkernel/include", f"testkernel/arch/{board}",
               "tests/rtthread/include"]
    prefix, *target = BOARDS[board]
    return subprocess.run([prefix + "gcc", *target, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-include", "stdio.h", *more,
                           *("-I" + d for d in include), *("-D" + o for o in options), *sources], capture_output=True, text=True)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("options", SETS.values(), ids=SETS)
def test_compiles(board, options):
    assert len(SOURCES) > 12
    done = compile_all(board, options, SOURCES, "-fsyntax-only")
    assert done.returncode == 0, done.stderr[-4000:]


def symbols(board, options, source, directory):
    out = str(directory / "out.o")
    done = compile_all(board, options, [source], "-O2", "-c", "-o", out)
    assert done.returncode == 0, done.stderr
    return {line.split()[-1] for line in subprocess.run([BOARDS[board][0] + "nm", out], capture_output=True, text=True).stdout.splitlines()}


@pytest.mark.parametrize("board", BOARDS)
def test_what_is_used(board, tmp_path):
    """Each framework only where it was chosen, and removal where the platform bus has it."""
    with_dm = symbols(board, SETS["all-5.2"], "virtio/rtthread/rt_virtio_dm.c", tmp_path)
    assert {"rt_platform_driver_register", "rt_dm_dev_iomap", "rt_dm_dev_get_irq", "rt_iounmap", "rt_virtio_remove"} <= with_dm
    assert "rt_virtio_remove" not in symbols(board, SETS["all-5.1"], "virtio/rtthread/rt_virtio_dm.c", tmp_path)
    assert not symbols(board, SETS["none"], "virtio/rtthread/rt_virtio_dm.c", tmp_path)
    pic, own = (symbols(board, SETS[s], "virtio/rtthread/rt_virtio.c", tmp_path) for s in ("dm-pic", "none"))
    assert {"rt_pic_attach_irq", "rt_pic_detach_irq", "rt_pic_irq_unmask"} <= pic and "rt_hw_interrupt_install" not in pic
    assert {"rt_hw_interrupt_install", "rt_hw_interrupt_umask"} <= own and "rt_pic_attach_irq" not in own
    assert "rt_hw_blk_disk_register" in symbols(board, SETS["blk"], "virtio/rtthread/rt_virtio_blk_disk.c", tmp_path)
    assert not symbols(board, SETS["none"], "virtio/rtthread/rt_virtio_blk_disk.c", tmp_path)
    assert not symbols(board, SETS["serial"], "virtio/rtthread/rt_virtio_console_serial.c", tmp_path)


def test_serial_needs_its_framework():
    for options in (("RT_VIRTIO_CONSOLE_SERIAL",), ("RT_VIRTIO_CONSOLE_SERIAL", "RT_USING_SERIAL", "RT_USING_SERIAL_V2")):
        done = compile_all("riscv64", options, ["virtio/rtthread/rt_virtio_console_serial.c"], "-fsyntax-only")
        assert done.returncode != 0 and "RT_VIRTIO_CONSOLE_SERIAL needs" in done.stderr
