# SPDX-License-Identifier: Apache-2.0
"""Pieces of the binding by themselves, for what no guest here can be made to do. RT-Thread is imitated by the programs."""

import subprocess

import pytest


@pytest.mark.parametrize("name, options", (
    ("lending", ["-DDECLARED_NO_NET", "-DRT_USING_SMART"]),     # RT-Smart: memory is scattered, or not there
    ("telling", ["-DDECLARED_NO_NET"]),
    ("scarcity", ["-isystem", "build/lwip/source/src/include"]),
))
def test_piece(name, options, tmp_path):
    program = str(tmp_path / name)
    build = ["gcc", "-g", "-O1", "-Wall", "-Wextra", "-Werror",
             "-Wno-unused-function", "-ffunction-sections", "-fdata-sections", "-DDECLARED_VERSION=50300", *options,
             "-Ivirtio/include", "-Ivirtio/rtthread/include", "-Ivirtio/rtthread", "-Itests/rtthread/versions",
             f"tests/rtthread/{name}.c", "-o", program, "-Wl,--gc-sections",
             # Little of the file is called; of what is not, whatever it calls is not here, and has the address 0.
             "-static", "-Wl,--unresolved-symbols=ignore-all"]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
