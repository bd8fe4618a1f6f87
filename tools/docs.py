# SPDX-License-Identifier: Apache-2.0
"""What the documents show, for those who try it: docs.py FILE.md prints the C of all its ```c blocks as one program."""

import re
import sys


def blocks(path, language):
    """The blocks of a language: (number of the first line, text)."""
    with open(path) as f:
        text = f.read()
    return [(text.count("\n", 0, found.start(1)) + 1, found.group(1))
            for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)]


def main():
    for path in sys.argv[1:]:
        for line, text in blocks(path, "c"):
            print(f'#line {line} "{path}"\n{text}')


if __name__ == "__main__":
    main()
