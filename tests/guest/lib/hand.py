# SPDX-License-Identifier: Apache-2.0
"""A hand on a guest's tablet, mouse and keyboard, by QMP's input-send-event; and where the demo's screen has what."""

import string
import time

AXIS_MAX = 0x7FFF
SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./"))
QCODES = {" ": "spc", "\n": "ret", "\b": "backspace", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
          ";": "semicolon", "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot", "/": "slash"}
SWATCH, SWATCH_STEP, SWATCH_LEFT, SWATCH_UP = 16, 24, 64, 22    # demo/screen_paint.c


def key(name, down):
    return {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}


def button(name, down):
    return {"type": "btn", "data": {"down": down, "button": name}}


def move(how, axis, value):
    return {"type": how, "data": {"axis": axis, "value": value}}


def post(guest, *events):
    """One frame: QEMU puts SYN_REPORT behind the events of a command."""
    guest.qmp("input-send-event", events=list(events))


def tap(guest, name):
    for down in (True, False):
        post(guest, key(name, down))


def type_text(guest, text):
    for character in text:
        shift = character in SHIFTED or character in string.ascii_uppercase
        plain = SHIFTED.get(character, character.lower())
        if shift:
            post(guest, key("shift", True))
        tap(guest, QCODES.get(plain, plain))
        if shift:
            post(guest, key("shift", False))


# --- the demo's screen -----------------------------------------------------------------------------------------------

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

    def __init__(self, guest, picture):
        self.guest, self.width, self.height = guest, picture.width, picture.height
        self.paper = find_paper(picture)

    def button(self, name, down):
        post(self.guest, button(name, down))

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
        post(self.guest, move("abs", "x", x * AXIS_MAX // self.width), move("abs", "y", y * AXIS_MAX // self.height))


class Mouse(Pointer):
    """It is in the upper left corner first."""

    def __init__(self, guest, picture):
        super().__init__(guest, picture)
        self.x = self.y = 0
        post(guest, move("rel", "x", -4 * self.width), move("rel", "y", -4 * self.height))

    def to(self, x, y):
        post(self.guest, move("rel", "x", x - self.x), move("rel", "y", y - self.y))
        self.x, self.y = x, y
