# SPDX-License-Identifier: Apache-2.0
"""What RT-Thread's build and the license ask of our files."""

import os
import subprocess


def files(*under):
    listed = subprocess.run(["git", "ls-files", "--", *under], capture_output=True, text=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if os.path.exists(name)]
    return [os.path.join(directory, name) for top in under for directory, _, names in os.walk(top) for name in names]


def test_every_source_names_its_license():
    sources = [name for name in files("virtio", "bsp", "testkernel", "demo", "tests", "bench", "tools", "docs", "Makefile", ".ci")
               if not name.endswith((".md", ".png"))]
    assert len(sources) > 200
    for name in sources:
        with open(name) as f:
            head = f.read(400)
        assert "SPDX-License-Identifier: Apache-2.0" in head, f"{name} does not name its license"


def test_a_file_name_occurs_once():
    """RT-Thread's generators of project files put all of them into one folder."""
    names = [os.path.basename(name) for name in files("virtio") if name.endswith(".c")]
    assert names and len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
