# SPDX-License-Identifier: Apache-2.0
"""The demo's screen as one sees it: where its paper is, what a brush leaves there, what is written where; and a hand that
paints on it."""

import functools
import re
import time

import font
from lib import hand

CELL = 8, 16     # of the font of its texts
SWATCH, SWATCH_STEP, SWATCH_LEFT, SWATCH_UP = 16, 24, 64, 22    # demo/screen_paint.c

PAPER = bytes((0xF5, 0xF1, 0xE6))
COLOURS = [bytes.fromhex(c) for c in ("4a5a68", "2f7f79", "3f6fb0", "c0504d", "d9962f", "7a5c99")]


def find_paper(picture):
    """The part that is painted on, while it is empty enough: left, top, width, height. It has the longest lines of that colour."""
    most, left, top, bottom = 0, 0, 0, 0
    for y in range(picture.height):
        line = picture.line(y)
        at = line.find(PAPER * 8)
        while at % 3 and at >= 0:
            at = line.find(PAPER * 8, at + 1)
        if at < 0:
            continue
        run = 8
        while line[at + 3 * run:at + 3 * run + 3] == PAPER:
            run += 1
        if run > most:
            most, left, top, bottom = run, at // 3, y, y
        elif run == most:
            bottom = y
    assert most > 100, "the demo's paper is not to be seen"
    return left, top, most, bottom - top + 1


class Pointer:
    """What a tablet and a mouse have in common: buttons, a wheel. `picture`: what is on the screen, to find the paper in it."""

    def __init__(self, guest, picture, paper=None):
        self.guest, self.width, self.height = guest, picture.width, picture.height
        self.paper = paper or find_paper(picture)

    def button(self, name, down):
        hand.post(self.guest, hand.button(name, down))

    def click(self, x, y, name="left"):
        self.to(x, y)
        self.button(name, True)
        self.button(name, False)

    def choose(self, colour):
        left, top = self.paper[:2]
        self.click(left + SWATCH_LEFT + colour * SWATCH_STEP + SWATCH // 2, top - SWATCH_UP + SWATCH // 2)

    def stroke(self, points, name="left", pause=0.0):
        """`points` are pixels of the paper. `pause`: seconds after each."""
        left, top = self.paper[:2]
        self.to(left + points[0][0], top + points[0][1])
        self.button(name, True)
        for x, y in points[1:]:
            self.to(left + x, top + y)
            time.sleep(pause)
        self.button(name, False)

    def wheel(self, turns):
        for _ in range(abs(turns)):
            self.button("wheel-up" if turns > 0 else "wheel-down", True)
            self.button("wheel-up" if turns > 0 else "wheel-down", False)


class Tablet(Pointer):
    def to(self, x, y):
        hand.post(self.guest, hand.move("abs", "x", x * hand.AXIS_MAX // self.width), hand.move("abs", "y", y * hand.AXIS_MAX // self.height))


class Mouse(Pointer):
    """It is in the upper left corner first."""

    def __init__(self, guest, picture, paper=None):
        super().__init__(guest, picture, paper)
        self.x = self.y = 0
        hand.post(guest, hand.move("rel", "x", -4 * self.width), hand.move("rel", "y", -4 * self.height))

    def to(self, x, y):
        hand.post(self.guest, hand.move("rel", "x", x - self.x), hand.move("rel", "y", y - self.y))
        self.x, self.y = x, y


# --- what a brush leaves ---------------------------------------------------------------------------------------------

class Paper:
    """What is to be seen on the paper: a model of demo/screen_draw.c."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.lines = [bytearray(PAPER * width) for _ in range(height)]

    def disc(self, x, y, radius, colour):
        for dy in range(-radius, radius + 1):
            dx = max(d for d in range(radius + 1) if d == 0 or d * d + dy * dy <= radius * radius + radius)
            left, right = max(x - dx, 0), min(x + dx + 1, self.width)
            if 0 <= y + dy < self.height and left < right:
                self.lines[y + dy][3 * left:3 * right] = colour * (right - left)

    def stroke(self, points, radius, colour):
        for (x0, y0), (x1, y1) in zip([points[0]] + points, points):
            steps = max(abs(x1 - x0), abs(y1 - y0))
            for i in range(steps + 1):
                dx, dy = ((abs(d) * i // steps * (1 if d > 0 else -1)) if steps else 0 for d in (x1 - x0, y1 - y0))
                self.disc(x0 + dx, y0 + dy, radius, colour)

    def differs(self, picture, left, top):
        """Where a picture, in which the paper is there, is first another one; None: nowhere."""
        for y, line in enumerate(self.lines):
            seen = picture.line(top + y)[3 * left:3 * (left + self.width)]
            if seen != line:
                x = next(i for i in range(self.width) if seen[3 * i:3 * i + 3] != line[3 * i:3 * i + 3])
                return x, y, seen[3 * x:3 * x + 3].hex(), line[3 * x:3 * x + 3].hex()
        return None


# --- what is written -------------------------------------------------------------------------------------------------

def _bits(pixels, background):
    """A bit for each pixel that is not the background's, the leftmost highest."""
    return sum((pixels[3 * i:3 * i + 3] != background) << (len(pixels) // 3 - 1 - i) for i in range(len(pixels) // 3))


@functools.cache
def glyphs():
    """Each character's rows, top to bottom, as _bits() has them."""
    return font.read("build/fonts-spleen/source/usr/share/consolefonts/spleen-8x16.psfu.gz").rows


def read(picture, x, y, count):
    """The characters that are written from here on, in any colour on any other; "?" for what is none."""
    text = ""
    for left in range(x, x + count * CELL[0], CELL[0]):
        cell = [picture.line(y + row)[3 * left:3 * (left + CELL[0])] for row in range(CELL[1])]
        rows = [_bits(line, cell[0][:3]) for line in cell]      # no character has its first pixel
        text += next((c for c, known in glyphs().items() if known == rows), "?")
    return text


def find(picture, text):
    """Where this is written; None: nowhere."""
    row = CELL[1] // 2
    wanted = "".join(f"{glyphs()[c][row]:0{CELL[0]}b}" for c in text)
    for y in range(picture.height - CELL[1] + 1):
        # By the line through its middle, and then the rest.
        line = picture.line(y + row)
        pixels = [line[i:i + 3] for i in range(0, len(line), 3)]
        for background in set(pixels[::16]) if len(set(pixels)) > 1 else ():
            have = "".join("01"[pixel != background] for pixel in pixels)
            for match in re.finditer(f"(?={wanted})", have):
                if read(picture, match.start(), y, len(text)) == text:
                    return match.start(), y
    return None
