# SPDX-License-Identifier: Apache-2.0
"""Sources written for RT-Thread's own VirtIO component compile unchanged."""

import itertools
import os
import subprocess

import pytest

BOARDS = ["riscv64", "aarch64"]
DEFINITIONS = {"legacy": "-DRT_USING_VIRTIO_LEGACY", "modern": "-DRT_USING_VIRTIO_MODERN", "both": "-DBOTH_VERSIONS",
               "apps": ""}


def compile_for(board, source, variant):
    make = ["make", "-s", "--no-print-directory", "-f", "tools/image.mk", f"BOARD={board}", f"VARIANT=old-{variant}",
            f"DEFS={DEFINITIONS[variant]}"]
    image = subprocess.run([*make, "path"], capture_output=True, text=True, check=True).stdout.strip()
    target = os.path.join(os.path.dirname(image), source + ".o")
    if os.path.exists(target):
        os.unlink(target)
    return subprocess.run([*make, target], capture_output=True, text=True)


@pytest.mark.parametrize("board, variant", itertools.product(BOARDS, ["legacy", "modern", "both"]))
def test_board_code(board, variant):
    done = compile_for(board, "tests/rtthread/old_board.c", variant)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("board", BOARDS)
def test_applications(board):
    done = compile_for(board, "tests/rtthread/old_apps.c", "apps")
    assert done.returncode == 0, done.stderr
