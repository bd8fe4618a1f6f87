# SPDX-License-Identifier: Apache-2.0
"""What RT-Thread's build and the license ask of our files."""

import os
import re
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


def test_a_message_fits_in_rt_threads_console_buffer():
    """rt_kprintf() cuts what is longer than RT_CONSOLEBUF_SIZE, which is 128 by default; rt_kputs() has no such limit."""
    call = re.compile(r'\brt_kprintf\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
    count = 0
    for name in files("virtio"):
        if name.endswith(".c"):
            with open(name) as f:
                for text in call.findall(f.read()):
                    count += 1
                    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace("\\n", "\n")
                    assert len(text) < 128, f"{name}: cut by rt_kprintf: {text[:60]}..."
    assert count > 150
