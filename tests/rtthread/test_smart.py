# SPDX-License-Identifier: Apache-2.0
"""RT-Smart: memory that is scattered, or not there. There is no such kernel here; its translation is imitated."""

import glob
import subprocess


def test_buffers_are_lent_page_by_page(tmp_path):
    program = str(tmp_path / "lending")
    build = ["gcc", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-function", "-ffunction-sections", "-DDECLARED_VERSION=50300", "-DDECLARED_NO_NET",
             "-DRT_USING_SMART", "-Ivirtio/include", "-Ivirtio/rtthread/include", "-Ivirtio/rtthread",
             "-Itests/rtthread/versions", "tests/rtthread/lending.c", "-o", program,
             *glob.glob("virtio/core/*.c"), *glob.glob("virtio/devices/virtio_blk*.c"), "-Wl,--gc-sections"]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
