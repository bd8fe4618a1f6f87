# SPDX-License-Identifier: Apache-2.0
"""The commands that a person types on the host: `make run` fed by a pipe, and `make` used wrongly."""

import os
import subprocess

import pytest
from lib import disk, net

# Without what the make that runs these tests hands down.
MAKES = ("BOARD", "VIRTIO", "SMP", "DISK", "KERNEL", "MEM", "PORT", "O", "V", "NET", "DEFS", "VARIANT", "PYTEST_ARGS", "RT_VIRTIO_SETUP")
CLEAN = {name: value for name, value in os.environ.items() if name not in MAKES and not name.startswith(("MAKE", "MFLAGS"))}


def make(*arguments, given="", timeout=120):
    return subprocess.run(["make", "PORT=0", *arguments], input=given, capture_output=True, text=True, env=CLEAN, timeout=timeout)


def test_run_from_a_pipe(own, board, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=40)
    done = make("run", f"BOARD={board}", f"VIRTIO={virtio}", f"DISK={image}",
                given="virtio\nblk crc virtio-blk0 0 64\n\nblk fill virtio-blk0 64 8 3\n")
    assert done.returncode == 0, done.stderr
    assert disk.crc(image, 0, 64) in done.stdout
    assert disk.read(image, 64, 8) == disk.pattern(64, 8, 3)
    assert virtio in done.stdout


def test_run_with_nothing_to_do(own):
    """No input, and no DISK: it makes one."""
    done = make("run", "SMP=4")
    assert done.returncode == 0 or "lock" in done.stderr, done.stderr      # somebody else's `make run` has the disk
    assert os.path.getsize("build/disk.img") > 0


def test_run_leads_into_the_guest(own, board, tmp_path):
    """It says where the page is, and there it is; and iperf, if its port was free."""
    port = net.free_port()
    run = subprocess.Popen(["make", "run", f"BOARD={board}", f"PORT={port}", f"DISK={disk.make(tmp_path / 'd')}"], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=CLEAN)
    try:
        said = run.stderr.readline() + run.stderr.readline()
        assert f"page: http://127.0.0.1:{port}" in said
        assert net.patiently(net.fetch, port)[0] == 200
        if "iperf -c 127.0.0.1 " in said:
            iperf = subprocess.run(["iperf", "-c", "127.0.0.1", "-t", "1"], capture_output=True, text=True, timeout=60)
            assert iperf.returncode == 0 and "bits/sec" in iperf.stdout
    finally:
        run.stdin.close()       # and so it is switched off
        status = run.wait(60)
        run.stdout.close()
        run.stderr.close()
    assert status == 0


def test_run_without_network(own):
    done = make("run", "NET=0", "PORT=8080", given="virtio\nifconfig\n")
    assert done.returncode == 0 or "lock" in done.stderr, done.stderr
    assert "http:" not in done.stderr and "ifconfig: command not found" in done.stdout


def test_run_passes_a_crash_on(own, board, tmp_path):
    done = make("run", f"BOARD={board}", f"DISK={disk.make(tmp_path / 'd')}", given="testkernel fault\nversion\n")
    assert done.returncode != 0


@pytest.mark.parametrize("arguments", ("BOARD=arm", "NET=2", "VIRTIO=x", "SMP=9", "SMP=0", "O=9", "run DISK=/no/such/file", "run KERNEL=/no/such/file"))
def test_bad_use(arguments):
    done = make(*arguments.split())
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and arguments.split()[-1] in done.stderr


def test_no_qemu_and_no_way_to_install_it(tmp_path):
    """With a PATH that has neither QEMU nor dpkg and apt-get."""
    for tool in ("sh", "make", "nproc", "id", "env"):
        path = next(os.path.join(d, tool) for d in os.get_exec_path() if os.path.exists(os.path.join(d, tool)))
        (tmp_path / tool).symlink_to(path)
    done = subprocess.run(["make", "run", f"KERNEL={__file__}"], env={**CLEAN, "PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1 and "qemu-system-misc" in done.stderr, done.stderr


def test_help(own):
    said = make("help").stdout
    for target in ("run", "test", "test-host", "test-guest", "soak", "bench", "size", "setup", "clean"):
        assert f"make {target} " in said
