# SPDX-License-Identifier: Apache-2.0
"""Pieces of the binding by themselves, for what no guest here can be made to do. RT-Thread is imitated by the programs."""

import glob
import subprocess

import pytest

# Of a file of which little is called, the rest need not be there: 0 is called instead.
ALONE = ["-fno-sanitize=all", "-static", "-Wl,--unresolved-symbols=ignore-all"]
BLK = [*glob.glob("virtio/core/*.c"), *glob.glob("virtio/devices/virtio_blk*.c")]


@pytest.mark.parametrize("name, options, with_", (
    ("lending", ["-DDECLARED_NO_NET", "-DRT_USING_SMART"], BLK),     # RT-Smart: memory is scattered, or not there
    ("telling", ["-DDECLARED_NO_NET", *ALONE], []),
    ("scarcity", ["-isystem", "build/lwip/source/src/include", *ALONE], []),
))
def test_piece(name, options, with_, tmp_path):
    program = str(tmp_path / name)
    build = ["gcc", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-function", "-ffunction-sections", "-fdata-sections", "-DDECLARED_VERSION=50300", *options,
             "-Ivirtio/include", "-Ivirtio/rtthread/include", "-Ivirtio/rtthread", "-Itests/rtthread/versions",
             f"tests/rtthread/{name}.c", *with_, "-o", program, "-Wl,--gc-sections"]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
