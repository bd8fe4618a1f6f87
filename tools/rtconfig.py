#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tools/rtconfig.py CONFIG HEADER [NAME...]

Makes of menuconfig's CONFIG the HEADER that RT-Thread's menuconfig would make of it, and prints the same as options for
the compiler, but for the NAMEs. (Options, because ccache tells files apart by the path of all that they include, and
most of them do not ask for any of these.) HEADER is rewritten only if it changes.
"""

import os
import shlex
import sys


def symbols(path):
    """What a .config sets, in order: (name, value), with RT-Thread's empty value for `y`."""
    found = []
    with open(path) as f:
        for line in f:
            name, equals, value = line.rstrip("\n").partition("=")
            if equals and name.startswith("CONFIG_") and value != "n":
                found.append((name[len("CONFIG_"):], "" if value == "y" else value))
    return found


def header(found):
    lines = [f"#define {name} {value}".rstrip() for name, value in found]
    return "\n".join(["#ifndef RT_CONFIG_MENU_H__", "#define RT_CONFIG_MENU_H__", "", "/* made of menuconfig's .config */", "",
                      *lines, "", "#endif", ""])


def options(found, but=()):
    return " ".join(shlex.quote(f"-D{name}={value}") for name, value in found if name not in but)


def write_if_new(path, text):
    try:
        with open(path) as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    found = symbols(sys.argv[1])
    write_if_new(sys.argv[2], header(found))
    print(options(found, sys.argv[3:]))


if __name__ == "__main__":
    main()
