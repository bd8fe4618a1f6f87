# SPDX-License-Identifier: Apache-2.0
"""A hand on a guest's tablet, mouse and keyboard, by QMP's input-send-event."""

import string

AXIS_MAX = 0x7FFF
SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./"))
QCODES = {" ": "spc", "\n": "ret", "\b": "backspace", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
          ";": "semicolon", "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot", "/": "slash"}


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
    """The guest's shell answers now and then: QEMU drops events while the device's 64 buffers are full, and a character makes up
    to eight."""
    for i, character in enumerate(text):
        if i % 6 == 5:
            guest.cmd("screen")
        shift = character in SHIFTED or character in string.ascii_uppercase
        plain = SHIFTED.get(character, character.lower())
        if shift:
            post(guest, key("shift", True))
        tap(guest, QCODES.get(plain, plain))
        if shift:
            post(guest, key("shift", False))
