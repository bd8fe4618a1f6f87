# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's frameworks that only some trees have: the binding compiles without a warning with each of them, and
without. What they do is tried by tests/guest/test_framework*.py, with stand-ins."""

import functools
import glob
import itertools
import shutil
import subprocess

import pytest

COMPILERS = {
    "riscv64": "riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv64imac -misa-spec=2.2 -mabi=lp64 -mcmodel=medany",
    "aarch64": "aarch64-linux-gnu-gcc --specs=picolibc.specs -march=armv8-a",
}
WARNINGS = "-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter"

# The generations of RT-Thread's files.
FILES = {
    "no-files": "",
    "dfs-5.0.0": "-DRT_USING_DFS -DRT_USING_POSIX_DEVIO -DDFS_5_0_0 -DRT_USING_POSIX_TERMIOS",
    "dfs-v1": "-DRT_USING_DFS -DRT_USING_POSIX_DEVIO",
    "dfs-v2": "-DRT_USING_DFS -DRT_USING_POSIX_DEVIO -DRT_USING_DFS_V2 -DRT_USING_POSIX_TERMIOS",
}
FRAMEWORKS = {
    "none": "",
    "input": "-DRT_USING_INPUT",
    "graphic": "-DRT_USING_GRAPHIC",
    "fb0": "-DRT_VIRTIO_GPU_FB -DRT_VIRTIO_GPU_MAP",
    "fb0-without-dfs": "-DRT_VIRTIO_GPU_FB",
    "all": "-DRT_USING_INPUT -DRT_USING_GRAPHIC",
    "all-smp": "-DRT_USING_INPUT -DRT_USING_GRAPHIC -DRT_USING_SMP -DRT_CPUS_NR=4",
    "without-device-ops": "-DRT_USING_INPUT -DRT_VIRTIO_GPU_FB -DTESTKERNEL_NO_DEVICE_OPS",
}
CLASSES = {"console": FILES, "input": FRAMEWORKS, "gpu": FRAMEWORKS}


# Headers of frameworks that are not there must not be asked for: then without ours.
DECLARATIONS = "-Itests/rtthread/include"
SMART = ["-idirafter", "tests/rtthread/versions"]       # the few of Smart's memory that are there


def compile_one(board, source, options):
    """The compiler's complaints; "" if there are none."""
    command = COMPILERS[board].split() + WARNINGS.split() + options.split() + [
        "-std=gnu99", "-O1", "-fno-pic", "-c", "-o", "/dev/null", source, "-Ivirtio/include", "-Ivirtio/rtthread/include",
        "-Ivirtio/rtthread", "-Itestkernel/include", f"-Itestkernel/arch/{board}", "-Itestkernel/arch/common"] + [DECLARATIONS] * bool(options) + (SMART if "SMART" in options else [])
    return subprocess.run(command, capture_output=True, text=True).stderr


@functools.lru_cache(None)
def missing(board):
    return not shutil.which(COMPILERS[board].split()[0])


@pytest.mark.parametrize("board, of, options", [(board, of, options) for board, (of, choices) in itertools.product(COMPILERS, CLASSES.items())
                                                for options in choices])
def test_compiles_without_a_warning(board, of, options):
    assert not missing(board)
    sources = sorted(glob.glob(f"virtio/rtthread/rt_virtio_{of}*.c"))
    assert len(sources) >= 5
    complaints = "".join(compile_one(board, source, CLASSES[of][options]) for source in sources)
    assert not complaints, complaints[:3000]


def test_a_framework_that_is_there_is_used():
    """Neither a wrong guard nor a missing one: with the symbol there is code, without it there is none."""
    for source, options in (("console_file", FILES["dfs-v1"]), ("input_core", "-DRT_USING_INPUT"), ("gpu_fb", FRAMEWORKS["fb0"]),
                            ("gpu_graphic", "-DRT_USING_GRAPHIC"), ("gpu_plane", "-DRT_USING_GRAPHIC"),
                            ("gpu_deferred", "-DRT_USING_GRAPHIC")):
        without, with_it = (subprocess.run(
            COMPILERS["riscv64"].split() + given.split() + ["-E", "-P", f"virtio/rtthread/rt_virtio_{source}.c", "-Ivirtio/include",
            "-Ivirtio/rtthread/include", "-Ivirtio/rtthread", "-Itestkernel/include", "-Itestkernel/arch/riscv64",
            "-Itestkernel/arch/common", "-Itests/rtthread/include"], capture_output=True, text=True, check=True).stdout
            for given in ("", options))
        assert "static" in with_it.partition("rt_virtio_first")[2] and len(with_it) > len(without) + 1000, source


def test_fb0_of_smart_maps_through_the_process():
    """With RT_USING_SMART fb0 is there without being asked for, unless the graphic framework makes one."""
    for options, expected in (("-DRT_USING_SMART -DRT_USING_DFS", True), ("-DRT_USING_SMART -DRT_USING_DFS -DRT_USING_GRAPHIC", True),
                              ("-DRT_USING_DFS", False)):
        out = subprocess.run(COMPILERS["aarch64"].split() + options.split() + [
            "-E", "-P", "virtio/rtthread/rt_virtio_gpu_map.c", "-Ivirtio/include", "-Ivirtio/rtthread/include", "-Ivirtio/rtthread",
            "-Itestkernel/include", "-Itestkernel/arch/aarch64", "-Itestkernel/arch/common", "-Itests/rtthread/include", *SMART],
            capture_output=True, text=True, check=True).stdout
        assert ("return lwp_map_user_phy(" in out) == expected, options
        for source in ("gpu_map", "gpu_fb"):
            assert compile_one("aarch64", f"virtio/rtthread/rt_virtio_{source}.c", options) == ""
