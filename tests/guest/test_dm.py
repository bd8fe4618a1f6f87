# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's driver model, block and serial frameworks, as the test kernel's stand-in (testkernel/dm) has them: devices are
found by the device tree, interrupts come through a framework with shared lines, disks have partitions."""

import re
import struct
import time

import pytest
from lib import disk
from test_console import Extra, move_console, stream, two_ports, used_memory

pytestmark = pytest.mark.usefixtures("own")


def partitioned(path, parts, seed):
    """A random image with a PC's partition table: (first, count) each."""
    path = disk.make(path, seed=seed)
    table = b"".join(struct.pack("<B3xB3xII", 0, 0x83, first, count) for first, count in parts)
    with open(path, "r+b") as f:
        f.seek(446)
        f.write(table.ljust(64, b"\0") + b"\x55\xaa")
    return path


def table(guest):
    """name -> (window, irq) of what `virtio` lists."""
    rows = re.findall(r"^(\S+) +(0x\w+) +(\d+) ", guest.cmd("virtio"), re.M)
    return {name: (int(window, 16), int(irq)) for name, window, irq in rows}


def nodes(guest):
    """window -> (number, irq, bound) of the device tree's nodes; and how many windows are mapped."""
    said = guest.cmd("dm")
    rows = re.findall(r"^node (\d+): (0x\w+) irq (\d+) (\w+)$", said, re.M)
    mapped = int(re.search(r"^mapped (\d+)$", said, re.M).group(1))
    return {int(window, 16): (int(number), int(irq), state == "bound") for number, window, irq, state in rows}, mapped


def node_of(guest, name):
    return nodes(guest)[0][table(guest)[name][0]][0]


def interrupts(guest, name):
    return sum(int(n) for n in re.findall(r"interrupts (\d+)", guest.cmd(f"virtio stats {name}")))


def list_blk(guest):
    return guest.cmd("list_blk").splitlines()


def test_found_by_the_device_tree(boot, virtio, tmp_path):
    """Each device once, by its own interrupt; board code that scans the windows as well changes nothing."""
    image = disk.make(tmp_path / "d", seed=1)
    _, ports = two_ports(str(tmp_path))
    guest = boot(disk.attach(image) + ports + ["-device", "virtio-keyboard-device", "-device", "virtio-gpu-device",
                                               "-device", "virtio-rng-device"], variant="dm")
    devices = table(guest)
    assert set(devices) == {"virtio-blk0", "virtio-console0", "virtio-input0", "virtio-gpu0", "virtio-other0"}
    found, mapped = nodes(guest)
    assert {window for window, (_, _, bound) in found.items() if bound} == {window for window, _ in devices.values()}
    assert mapped == len(devices) < len(found)      # empty slots are unmapped again
    for window, irq in devices.values():
        assert irq == 1000 + found[window][1]       # the framework's numbers, not the controller's
    assert guest.cmd("blk crc virtio-blk0 100 1000") == disk.crc(image, 100, 1000)
    assert interrupts(guest, "virtio-blk0") > 0
    guest.cmd("dm scan")
    assert table(guest) == devices and nodes(guest)[1] == mapped
    assert guest.cmd("blk crc virtio-blk0 200 1000") == disk.crc(image, 200, 1000)


def test_shared_line(boot, virtio, tmp_path):
    """Interrupts of another device on the line are not ours: more of them in a row than a stuck line of our own may have."""
    image = disk.make(tmp_path / "d", seed=2)
    guest = boot(disk.attach(image), variant="dm")
    assert guest.cmd(f"dm share {node_of(guest, 'virtio-blk0')} 30000", 60) == "foreign 30000"
    assert guest.cmd("blk crc virtio-blk0 100 1000") == disk.crc(image, 100, 1000)
    assert "resets 0" in guest.cmd("virtio stats virtio-blk0")


def test_partitions(boot, virtio, tmp_path):
    parts = ((2048, 4096), (6144, 1000))
    image = partitioned(tmp_path / "d", parts, seed=3)
    guest = boot(disk.attach(image), variant="dm")
    assert list_blk(guest) == ["virtio-blk0 5:0 ro 0 rm 1", "virtio-blk0p0 5:1 start 2048 count 4096",
                               "virtio-blk0p1 5:2 start 6144 count 1000"]
    assert interrupts(guest, "virtio-blk0") > 0     # that was read before the disk was registered, and not by waiting
    for number, (first, count) in enumerate(parts):
        name = f"virtio-blk0p{number}"
        assert guest.cmd(f"blk crc {name} 0 {count}") == disk.crc(image, first, count)
        before, after = disk.read(image, first - 1, 1), disk.read(image, first + count, 1)
        assert guest.cmd(f"blk fill {name} 0 {count} {number + 1}") == f"filled {count} sectors"
        assert disk.read(image, first, count) == disk.pattern(0, count, number + 1)
        assert (before, after) == (disk.read(image, first - 1, 1), disk.read(image, first + count, 1))
        # What is asked of a partition counts from its beginning, and ends with it.
        assert "zero" in guest.cmd(f"blk zero {name} 8 16")
        assert disk.read(image, first + 8, 16) == bytes(16 * 512) and disk.read(image, first + 24, 1) != bytes(512)
        assert "failed: -10" in guest.cmd(f"blk zero {name} {count - 1} 2")      # RT_EINVAL
        assert disk.read(image, first + count, 1) == after
    assert guest.cmd("blk flush virtio-blk0p1") == "flushed"
    said = guest.cmd("blk stress virtio-blk0 8 1", 30)
    assert re.search(r"stress: [1-9]\d* requests, 0 errors, 0 mismatches", said), said


def test_read_only_disk(boot, virtio, tmp_path):
    image = disk.make(tmp_path / "d", seed=4)
    guest = boot(disk.attach(image, **{"read-only": True}), variant="dm")
    assert list_blk(guest) == ["virtio-blk0 5:0 ro 1 rm 1", f"virtio-blk0p0 5:1 start 0 count {64 * disk.MIB // 512}"]
    assert guest.cmd("blk crc virtio-blk0p0 0 100") == disk.crc(image, 0, 100)
    assert "failed: -6" in guest.cmd("blk fill virtio-blk0p0 0 1 1")     # RT_ENOSYS
    assert guest.cmd("blkctl virtio-blk0 erase") == "erase: -6"
    assert disk.read(image, 0, 1) != disk.pattern(0, 1, 1)


def test_sync_and_erase(boot, virtio, tmp_path):
    """The framework holds a bare spinlock around them; on one CPU its stand-in asserts that nobody else ran meanwhile."""
    image = disk.make(tmp_path / "d", seed=5)
    guest = boot(disk.attach(image), variant="dm")
    for _ in range(20):
        assert guest.cmd("blk fill virtio-blk0p0 0 64 1") == "filled 64 sectors"
        assert guest.cmd("blkctl virtio-blk0p0 sync") == "sync: 0"
    guest.cmd("bg blk stress virtio-blk0 4 2")
    for _ in range(10):
        assert "sync: 0" in guest.cmd("blkctl virtio-blk0 sync")
    guest.wait_for(rb"stress: [1-9]\d* requests, 0 errors, 0 mismatches", 20, start=0)
    guest.cmd("free")
    assert guest.cmd("blkctl virtio-blk0 erase", 60) == "erase: 0"
    assert disk.read(image, 0, 16384) == bytes(8 * disk.MIB)
    assert guest.cmd("blk crc virtio-blk0 0 64") == disk.crc(image, 0, 64)


def test_shell_on_a_serial_device(boot, virtio, tmp_path):
    """A port as a device of the serial framework: as the system console, and back."""
    (console, _), devices = two_ports(str(tmp_path))
    guest = boot(devices, variant="dm")
    for _ in range(2):
        move_console(guest, console, "uartv0p0")
        assert "virtio-console0" in console.cmd("virtio")
        for place in ("thread", "irqoff", "locked", "interrupt"):
            assert console.cmd(f"say {place} 20").split("\n") == [f"{place} {i} of 20" for i in range(1, 21)]
        console.socket.sendall(b"console uart0\n")
        guest.wait_for(rb"console: now on uart0", 10)
        console.socket.close()
        guest.wait_prompt()
        time.sleep(0.3)


def sent(guest):
    """Bytes and notifications of the console's second port's transmit queue."""
    said = guest.cmd("virtio stats virtio-console0")
    return int(re.search(r"sent bytes (\d+)", said).group(1)), int(re.search(r"queue 3: .*notifications (\d+)", said).group(1))


def test_serial_sends_lines(boot, virtio, tmp_path):
    """The framework hands over bytes one by one; the device is not notified for each."""
    (_, port), devices = two_ports(str(tmp_path))
    guest = boot(devices, variant="dm")
    port.connect()
    bytes_before, notified_before = sent(guest)
    guest.cmd("port write uartv0p1 abc")        # no end of a line: it comes after a moment
    assert port.receive(3) == b"abc"
    guest.send("port send uartv0p1 100000")
    assert port.receive(100000) == stream(100000)
    guest.wait_prompt()
    bytes_after, notified_after = sent(guest)
    assert bytes_after - bytes_before == 100003
    assert notified_after - notified_before < (bytes_after - bytes_before) / 20


def test_serial_stays(boot, virtio, tmp_path):
    """A port comes and goes while its serial device is open; that is none of the port's business, and works again."""
    _, devices = two_ports(str(tmp_path))
    guest = boot(devices, variant="dm")
    third = Extra(guest, str(tmp_path))
    third.add()
    time.sleep(0.3)
    guest.cmd("bg port hold uartv0p2 12")
    for _ in range(3):
        third.port.connect()
        assert guest.cmd("port write uartv0p2 hello") == "sent 5 of 5 bytes"
        assert third.port.receive(5) == b"hello"
        third.port.socket.sendall(b"answer")
        time.sleep(0.3)
        assert "received 6 bytes: answer" in guest.cmd("port read uartv0p2 -")
        third.remove()
        time.sleep(0.5)
        devices = guest.cmd("list device")
        assert "vport0p2" not in devices and "uartv0p2" in devices
        guest.cmd("port write uartv0p2 nobody")     # lost, but nothing hangs
        third.port.socket.close()
        third.add()
        time.sleep(0.3)
    guest.cmd("free")


def test_removal(boot, virtio, tmp_path):
    """A node's device goes, with its disk, its partitions, its interrupt and its memory; and comes again."""
    parts = ((2048, 4096),)
    image = partitioned(tmp_path / "d", parts, seed=6)
    _, ports = two_ports(str(tmp_path))
    guest = boot(disk.attach(image) + ports + ["-device", "virtio-keyboard-device", "-device", "virtio-gpu-device"], variant="dm")
    devices = table(guest)
    numbers = {name: node_of(guest, name) for name in devices}
    mapped = nodes(guest)[1]
    used = None
    for turn in range(6):
        for name, number in numbers.items():
            assert guest.cmd(f"dm remove {number}") == "remove: 0"
            assert name not in table(guest)
            assert guest.cmd(f"dm share {number} 100") == "foreign 100"     # nobody else listens
        assert guest.cmd("virtio").count("\n") == 0 and list_blk(guest) == []
        assert nodes(guest)[1] == mapped - len(devices)
        assert "vport" not in guest.cmd("list device") and "virtio-" not in guest.cmd("list device")
        for number in numbers.values():
            assert guest.cmd(f"dm add {number}") == "probe: 0"
        assert table(guest) == devices and nodes(guest)[1] == mapped
        first, count = parts[0]
        assert guest.cmd(f"blk crc virtio-blk0p0 0 {count}") == disk.crc(image, first, count)
        time.sleep(0.3)
        used = used or used_memory(guest)
    assert used_memory(guest) <= used + 1000
    guest.cmd("memcheck")


def test_removal_while_in_use(boot, virtio, tmp_path):
    """The bus does not ask, and forgets the node; the device works on, and its window is still taken."""
    image = disk.make(tmp_path / "d", seed=7)
    guest = boot(disk.attach(image), variant="dm")
    number = node_of(guest, "virtio-blk0")
    guest.send("bg blk stress virtio-blk0p0 4 4")
    guest.wait_prompt()
    time.sleep(0.5)
    said = guest.cmd(f"dm remove {number}")
    assert "virtio-blk0: not removed, as somebody has it open" in said and "remove: -7" in said     # RT_EBUSY
    assert guest.cmd(f"dm add {number}") == "probe: -7"
    guest.wait_for(rb"stress: [1-9]\d* requests, 0 errors, 0 mismatches", 20)
    assert "virtio-blk0p0" in "\n".join(list_blk(guest))
    assert guest.cmd("blk crc virtio-blk0p0 0 100") == disk.crc(image, 0, 100)


def test_removal_of_a_broken_disk(boot, virtio, tmp_path):
    """The framework lets go of a disk only after a flush, which this one cannot do."""
    image = disk.make(tmp_path / "d", seed=8)
    fails = {"driver": "blkdebug", "inject-error": [{"event": "flush_to_disk", "errno": 5}]}
    guest = boot(disk.attach(image, filters=(fails,)), variant="dm")
    assert guest.cmd("blk fill virtio-blk0 0 8 1") == "filled 8 sectors"
    assert guest.cmd("blkctl virtio-blk0 sync") == "sync: -8"     # RT_EIO
    said = guest.cmd(f"dm remove {node_of(guest, 'virtio-blk0')}", 60)
    assert "virtio-blk0: flush failed, error -8" in said and "remove: 0" in said
    assert table(guest) == {} and list_blk(guest) == []


def test_a_name_that_is_taken(boot, virtio, tmp_path):
    """A disk that cannot be registered is stopped, and its node can be freed and probed again."""
    image = disk.make(tmp_path / "d", seed=9)
    guest = boot(disk.attach(image), variant="dm")
    number = node_of(guest, "virtio-blk0")
    assert guest.cmd(f"dm remove {number}") == "remove: 0"
    guest.cmd("squat virtio-blk0")
    assert "virtio: virtio-blk0: not registered, error -1" in guest.cmd(f"dm add {number}")
    assert "failed" in guest.cmd("virtio") and list_blk(guest) == []
    guest.cmd("squat")
    assert guest.cmd(f"dm remove {number}") == "remove: 0"
    assert guest.cmd(f"dm add {number}") == "probe: 0"
    assert guest.cmd("blk crc virtio-blk0p0 0 100") == disk.crc(image, 0, 100)


def test_interrupt_refused(boot, virtio, tmp_path):
    """Board code with numbers that are not the framework's: the device says so, and works slowly."""
    image = disk.make(tmp_path / "d", seed=10)
    guest = boot(disk.attach(image), variant="dm")
    guest.cmd(f"dm remove {node_of(guest, 'virtio-blk0')}")
    said = guest.cmd("rescan", 60)
    assert re.search(r"virtio-blk0: interrupt \d+ was refused, the device will be slow", said), said
    assert guest.cmd("blk crc virtio-blk0p0 0 8", 60) == disk.crc(image, 0, 8)
    assert interrupts(guest, "virtio-blk0") == 0
