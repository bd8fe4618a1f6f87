# SPDX-License-Identifier: Apache-2.0
"""Makes C of console fonts: font.py FILE.psfu.gz... prints a `const struct draw_font` for each, of the characters of ASCII.

Formats: PSF 1 and PSF 2, with a table of Unicode characters. As a module, read() is for those who want to see what was
drawn.
"""

import gzip
import struct
import sys

FIRST, LAST = 32, 126


class Font:
    """`rows`: for each character the rows of its picture, as numbers whose lowest bit is the rightmost pixel."""

    def __init__(self, width, height, rows):
        self.width, self.height, self.rows = width, height, rows


def _characters(data, count, size, separator, sequence):
    """What the table says: glyph numbers of single characters. `size` of an entry in bytes; 0: UTF-8."""
    found, at = {}, 0
    for glyph in range(count):
        end = at
        while data[end:end + len(separator)] != separator:
            end += size or 1
        entry = data[at:end]
        single = entry.split(sequence)[0]     # behind it: characters that are composed of several
        text = single.decode("utf-16-le" if size else "utf-8")
        for character in text:
            found.setdefault(character, glyph)
        at = end + len(separator)
    return found


def read(path):
    with gzip.open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x36\x04":
        mode, size = data[2], data[3]
        if not mode & 2:
            raise ValueError(f"{path}: has no table of characters")
        count, start, width, height = 512 if mode & 1 else 256, 4, 8, size
        table = (2, b"\xff\xff", b"\xfe\xff")
    elif data[:4] == b"\x72\xb5\x4a\x86":
        _, start, flags, count, size, height, width = struct.unpack_from("<7I", data, 4)
        if not flags & 1:
            raise ValueError(f"{path}: has no table of characters")
        table = (0, b"\xff", b"\xfe")
    else:
        raise ValueError(f"{path}: not a console font (PSF)")
    found = _characters(data[start + count * size:], count, *table)
    rows = {}
    for code in range(FIRST, LAST + 1):
        at = start + found[chr(code)] * size
        line = size // height
        rows[chr(code)] = [int.from_bytes(data[at + y * line:at + (y + 1) * line], "big") >> line * 8 - width for y in range(height)]
    return Font(width, height, rows)


def main():
    print(f"/* Made by tools/font.py of: {' '.join(sys.argv[1:])} */\n#include \"screen_draw.h\"")
    for path in sys.argv[1:]:
        font = read(path)
        name = f"draw_font_{font.width}x{font.height}"
        print(f"\nstatic const rt_uint16_t {name}_rows[] = {{")
        for character, rows in font.rows.items():
            print("    " + ", ".join(f"0x{row:x}" for row in rows) + f", /* {character!r} */")
        print(f"}};\nconst struct draw_font {name} = {{{font.width}, {font.height}, {name}_rows}};")


if __name__ == "__main__":
    main()
