# SPDX-License-Identifier: Apache-2.0
"""The example of docs/porting.md: the core on a bare machine, as its Makefile builds and runs it."""

import fcntl
import os
import subprocess
import zlib

import pytest
from lib import disk


def run(*arguments):
    with open("build/baremetal.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)      # several would build it at once
        return run_alone(*arguments)


def run_alone(*arguments):
    return subprocess.run(["make", "--no-print-directory", "-C", "examples/baremetal", "run", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("virtio", ("legacy", "modern"))
def test_bare_metal(own, virtio):
    image = f"build/porting-{virtio}.img"      # as the document says it: from the root of the repository
    disk.make(image, size=1 << 20, seed=80)
    before = disk.read(image, 0, 8)
    result = run(f"DISK={image}", f"VIRTIO={virtio}")
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout[result.stdout.index("disk: "):].splitlines()
    assert said[:4] == [f"disk: 2048 sectors, {virtio} interface", f"sectors 0 to 7: adler32 {zlib.adler32(before):08x}",
                        "sector 8: written and read back", "after a reset: the same requests go on"]
    assert said[4].startswith("done, ") and said[4] != "done, 0 interrupts"
    assert disk.read(image, 8, 1) == b"V" * 512
    assert disk.read(image, 0, 8) == before
    os.unlink(image)


def test_without_a_disk(own):
    result = run()
    assert result.returncode != 0 and "which disk image?" in result.stdout
