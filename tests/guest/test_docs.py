# SPDX-License-Identifier: Apache-2.0
"""What the documents show is tried: examples, sessions in the shell, command lines of QEMU. (Commands of the host's shell:
tests/rtthread/test_docs.py.)"""

import re
import socket
import subprocess
import time

import docs
import pytest
import qemu
from lib import disk, hand, net

PAGE = "docs/rt-thread.md"
QEMU = [line for _, text in docs.blocks(PAGE, "sh") for line in text.splitlines() if line.startswith("qemu-system-")]


@pytest.fixture
def guest(own, boot, tmp_path):
    image = disk.make(tmp_path / "d", seed=90)
    return boot(qemu.all_devices(image, str(tmp_path)))


def test_examples(guest, tmp_path):
    assert guest.cmd("disk_example") == "rt-virtio-disk: 131072 sectors of 512 bytes"
    assert re.fullmatch(r"address 52:54:00(:[0-9a-f]{2}){3}", guest.cmd("network_example"))
    port = socket.socket(socket.AF_UNIX)
    port.connect(str(tmp_path / "port.sock"))
    time.sleep(0.3)
    assert guest.cmd("console_example").splitlines() == ["6 bytes sent", "0 columns, 0 rows"]
    assert port.recv(6) == b"hello\n"
    assert guest.cmd("screen_example") == "1280 by 800: 0"
    start = guest.here()
    guest.send("input_example")
    guest.wait_for(b"input_example", 10, start=start)
    for _ in range(20):
        hand.tap(guest, "a")
    assert re.search(r"keyboard: [1-9]\d* events", guest.wait_prompt())


def session(text):
    """Pairs of a command and the lines that have to come of it; `...` stands for any."""
    parts = re.split(r"^ *msh >(.*)$", text, flags=re.M)
    return [(command.strip(), [line.strip() for line in answer.strip().splitlines()])
            for command, answer in zip(parts[1::2], parts[2::2])]


def sessions():
    """Those of the documents, and the one of the READMEs, which is indented."""
    for page in (PAGE,):
        for line, text in docs.blocks(page, "msh"):
            yield f"{page}:{line}", text
    for page in ("README.md", "README_zh.md"):
        with open(page) as f:
            yield page, re.search(r"(^ {4}msh >.*\n(?:^ {4}.*\n)*)", f.read(), re.M).group(1)


@pytest.mark.parametrize("board", ("riscv64",))      # whose windows the READMEs show
@pytest.mark.parametrize("where, text", [pytest.param(*s, id=s[0]) for s in sessions()])
def test_sessions(guest, where, text):
    commands = session(text)
    assert commands, where
    net.wait_for_address(guest)
    for command, expected in commands:
        if command == "poweroff":
            guest.send(command)
            guest.wait_exit()
            return
        said = guest.cmd(command, 30)
        assert "not found" not in said and "usage" not in said, said
        for line in expected:
            pattern = re.escape(line).replace(r"\.\.\.", ".*")
            assert line == "..." or re.search(r"\s+".join(pattern.split(r"\ ")).replace(r"\ ", r"\s+"), said), (command, line, said)


@pytest.mark.parametrize("line", QEMU, ids=range(len(QEMU)))
def test_command_lines(own, tmp_path, line):
    """With our image for RT-Thread's, and other ports for the sockets."""
    board = re.match(r"qemu-system-(\w+)", line).group(1)
    smp = re.search(r"-smp (\d)", line)
    kernel = f"build/{board}" + (f"-smp{smp.group(1)}" if smp else "") + "/rt-virtio.elf"
    line = line.replace("rtthread.bin", kernel).replace("sd.bin", disk.make(tmp_path / "d", size=1 << 20, seed=91))
    for port in re.findall(r"port=(\d+)", line):
        line = line.replace(f"port={port}", f"port={net.free_port()}")
    if board == "aarch64":
        line += " -semihosting-config enable=on,target=native"
    result = subprocess.run(["timeout", "-s", "KILL", "60", *line.split()], input="\nvirtio\n\npoweroff\n", capture_output=True,
                            text=True)
    states = re.findall(r"^(virtio-\S+) .* (legacy|modern) +\S+ +(\S+)", result.stdout, re.M)
    assert len(states) == line.count("-device virtio-"), result.stdout + result.stderr
    assert all(state == "ok" and interface == ("modern" if "force-legacy=false" in line else "legacy")
               for _, interface, state in states), states
