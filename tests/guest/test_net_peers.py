# SPDX-License-Identifier: Apache-2.0
"""Two guests on one wire."""

import re

import pytest
from lib import net

MACS = ("52:54:00:00:00:01", "52:54:00:00:00:02")


def pair(boot, tmp_path, interfaces, options="", smp=1):
    guests = []
    for i, (mac, virtio) in enumerate(zip(MACS, interfaces)):
        boot.virtio = virtio
        guest = boot(net.wire(tmp_path / "wire", i == 0, mac=mac, options=options), smp=smp, needs=net.COMMANDS)
        net.set_address(guest, f"10.78.0.{i + 1}")
        guests.append(guest)
    return guests


def send(sender, receiver, host, size):
    receiver.send("tcp receive 5002")
    receiver.wait_for(b"tcp: listening on port 5002", 10)
    try:
        said = sender.cmd(f"tcp send {host} 5002 {size}", 60)
    except AssertionError as e:
        raise AssertionError(f"sender: {net.queues(sender)}\nreceiver: {net.queues(receiver)}\n{e}") from e
    sums = [re.search(rf"{word} {size} bytes, adler32 (\w+)", text)
            for word, text in (("sent", said), ("received", receiver.wait_prompt(60)))]
    assert all(sums) and sums[0].group(1) == sums[1].group(1), said


@pytest.mark.parametrize("interfaces", (("legacy", "legacy"), ("modern", "modern"), ("legacy", "modern")), ids="-".join)
def test_two_guests(boot, tmp_path, interfaces):
    guests = pair(boot, tmp_path, interfaces)
    net.ping(guests[0], "10.78.0.2", 2)
    net.ping(guests[1], "10.78.0.1", 2)
    send(guests[0], guests[1], "10.78.0.2", 3 * net.MIB)
    send(guests[1], guests[0], "10.78.0.1", 3 * net.MIB)
    there = net.link_local(guests[1])
    net.ping(guests[0], there, 2)
    send(guests[0], guests[1], there, net.MIB)

    guests[1].send("udp receive 9")
    guests[1].wait_for(b"udp: listening on port 9", 10)
    guests[0].cmd("udp send 10.78.0.2 9 200 5000 200", 30)      # in fragments
    said = net.datagrams_received(guests[1].wait_prompt(30))
    assert said["received"] == 200 and said["gaps"] == said["late"] == said["damaged"] == 0


def test_one_is_reset(boot, virtio, tmp_path):
    """While the other sends to it: a reset loses frames, TCP none of its bytes."""
    one, other = pair(boot, tmp_path, (virtio, virtio), smp=4)
    other.cmd("bg tcp receive 5002")
    start = one.here()
    one.cmd(f"bg tcp send 10.78.0.2 5002 {8 * net.MIB}")
    for _ in range(5):
        assert "reset and recovered" in other.cmd("virtio reset virtio-net0", 30)
        assert "reset and recovered" in one.cmd("virtio reset virtio-net0", 30)
    sent = one.wait_for(rb"sent \d+ bytes, adler32 \w+", 90, start=start)
    other.wait_for(re.search(r"adler32 \w+", sent).group(0).encode(), 30, start=0)


@pytest.mark.parametrize("board", ("riscv64",))
def test_boards_talk_to_each_other(own, boot, virtio, board, tmp_path):
    one = boot(net.wire(tmp_path / "wire", True, mac=MACS[0]))
    boot.board = "aarch64"
    other = boot(net.wire(tmp_path / "wire", False, mac=MACS[1]))
    net.set_address(one, "10.78.0.1")
    net.set_address(other, "10.78.0.2")
    send(one, other, "10.78.0.2", net.MIB)
    send(other, one, "10.78.0.1", net.MIB)
