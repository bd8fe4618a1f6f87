# SPDX-License-Identifier: Apache-2.0
"""What is on a guest's screen, and what the guest's `gpu test` draws."""

import os
import socket
import struct
import time

PART = (37, 53, 101, 67)    # of `gpu test rect`
WHITE, RED, BLACK = bytes((255, 255, 255)), bytes((255, 0, 0)), bytes(3)


def gpu(width=640, height=480, options=""):
    return ["-device", f"virtio-gpu-device,id=gpu,xres={width},yres={height}" + (options and "," + options)]


class Picture:
    """`pixels`: three bytes each, red, green, blue, line by line."""

    def __init__(self, width, height, pixels):
        assert len(pixels) == width * height * 3, (width, height, len(pixels))
        self.width, self.height, self.pixels = width, height, bytes(pixels)

    def at(self, x, y):
        return self.pixels[(y * self.width + x) * 3:][:3]

    def line(self, y):
        return self.pixels[y * self.width * 3:(y + 1) * self.width * 3]

    def with_part(self, other, x, y, width, height):
        """This picture, but in a rectangle the other one."""
        lines = [self.line(i) if not y <= i < y + height else
                 self.line(i)[:x * 3] + other.line(i)[x * 3:(x + width) * 3] + self.line(i)[(x + width) * 3:]
                 for i in range(self.height)]
        return Picture(self.width, self.height, b"".join(lines))


def dump(guest, head=0):
    """The screen, from QEMU."""
    path = guest.log + ".ppm"
    guest.qmp("screendump", filename=path, device="gpu", head=head)
    with open(path, "rb") as f:
        kind, width, height, rest = f.read().split(None, 3)
    os.unlink(path)
    most, _, pixels = rest.partition(b"\n")
    assert (kind, most) == (b"P6", b"255")
    width, height = int(width), int(height)
    stride = len(pixels) // height      # some versions of QEMU fill lines up to a multiple of 4 bytes
    assert stride * height == len(pixels) and stride - width * 3 in range(4)
    return Picture(width, height, b"".join(pixels[y * stride:y * stride + width * 3] for y in range(height)))


def same(guest, expected, head=0):
    """Asserts that this is on the screen, pixel by pixel."""
    seen = dump(guest, head)
    assert (seen.width, seen.height) == (expected.width, expected.height)
    if seen.pixels != expected.pixels:
        wrong = [i for i in range(seen.width * seen.height) if seen.pixels[3 * i:3 * i + 3] != expected.pixels[3 * i:3 * i + 3]]
        x, y = wrong[0] % seen.width, wrong[0] // seen.width
        raise AssertionError(f"{len(wrong)} pixels differ; the first at {x},{y}: {seen.at(x, y).hex()}, not {expected.at(x, y).hex()}")


# --- what `gpu test` draws -------------------------------------------------------------------------------------------

def flat(width, height, colour=BLACK):
    return Picture(width, height, colour * (width * height))


def bars(width, height):
    line = b"".join(bytes((255 * (i & 1), 255 * (i >> 1 & 1), 255 * (i >> 2))) for i in (x * 8 // width for x in range(width)))
    return Picture(width, height, line * height)


def gradient(width, height):
    return Picture(width, height, bytes(value for y in range(height) for x in range(width)
                                        for value in (x & 255, y & 255, (x + y) // 2 & 255)))


def checker(width, height):
    colours = (WHITE, bytes((32, 64, 128)))
    lines = [b"".join(colours[(x // 16 + odd) % 2] for x in range(width)) for odd in (0, 1)]
    return Picture(width, height, b"".join(lines[y // 16 % 2] for y in range(height)))


def lines(width, height):
    pixels = {(x, y): WHITE for x in range(width) for y in (0, height - 1)}
    pixels.update({(x, y): WHITE for x in (0, width - 1) for y in range(height)})
    pixels.update({(x, 5): RED for x in range(5, 10)})
    pixels.update({(5, y): RED for y in range(7, 10)})
    pixels.update({(20, 20): RED, (22, 20): RED})
    return Picture(width, height, b"".join(pixels.get((x, y), BLACK) for y in range(height) for x in range(width)))


def in_16_bits(picture):
    """What is left of it with 5, 6 and 5 bits a colour."""
    def five(value):
        return value & 0xF8 | value >> 5

    def six(value):
        return value & 0xFC | value >> 6

    pixels = bytearray(picture.pixels)
    pixels[0::3], pixels[2::3] = bytes(map(five, pixels[0::3])), bytes(map(five, pixels[2::3]))
    pixels[1::3] = bytes(map(six, pixels[1::3]))
    return Picture(picture.width, picture.height, pixels)


# --- a screen whose size changes -------------------------------------------------------------------------------------

class Viewer:
    """A VNC client of a few lines, which asks for another size, as a window does that somebody pulls at. `path`: of the
    socket in -vnc unix:..."""

    EXTENDED_DESKTOP_SIZE = -308

    def __init__(self, path, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self._take(12)
        self.socket.sendall(b"RFB 003.008\n")
        assert 1 in self._take(self._take(1)[0])    # no authentication
        self.socket.sendall(b"\1")
        assert self._take(4) == bytes(4)
        self.socket.sendall(b"\1")                  # shared
        self.width, self.height = struct.unpack("!HH", self._take(4))
        self._take(16)
        self._take(struct.unpack("!I", self._take(4))[0])
        self.socket.sendall(struct.pack("!BxHii", 2, 2, 0, self.EXTENDED_DESKTOP_SIZE))

    def _take(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, "QEMU closed the connection"
            data += more
        return data

    def resize(self, width, height):
        self.socket.sendall(struct.pack("!BxHHBx", 251, width, height, 1) + struct.pack("!IHHHHI", 0, 0, 0, width, height, 0))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()


def until(guest, line, text, seconds=10):
    """Repeats a command until it says this."""
    end = time.monotonic() + seconds
    while text not in (said := guest.cmd(line)):
        assert time.monotonic() < end, said
        time.sleep(0.1)
