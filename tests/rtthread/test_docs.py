# SPDX-License-Identifier: Apache-2.0
"""Every command that a document shows is one that some test runs; links lead somewhere; both READMEs say the same."""

import os
import re

import docs
import pytest

PAGES = ("README.md", "README_zh.md", "docs/rt-thread.md", "docs/porting.md", "docs/architecture.md", "docs/rt-thread-defects.md",
         "CHANGELOG.md")

# What is shown, and the test that runs it: a file, and what can be found in it.
RUN_BY = (
    (r"make run", "tests/guest/test_commands.py", '"run"'),
    (r"make run BOARD=aarch64 VIRTIO=modern SMP=4 DISK=my.img", "tests/guest/test_commands.py", "BOARD"),
    (r"make test", ".ci/run", "make test"),
    (r"make install RTT_ROOT=\S+( BSP=\S+)?", "tests/rtthread/test_install.py", "install"),
    (r"make uninstall RTT_ROOT=\S+( BSP=\S+)?", "tests/rtthread/test_install.py", "uninstall"),
    (r"make menuconfig", "tests/rtthread/test_config.py", "menuconfig"),
    (r"make -C examples/baremetal run DISK=\S+( VIRTIO=modern)?", "tests/guest/test_porting.py", "examples/baremetal"),
    (r"qemu-system-\w+ .*", "tests/guest/test_docs.py", "test_command_lines"),
)


def text_of(page):
    with open(page) as f:
        return f.read()


def commands(page):
    """Of blocks in ```sh, and lines that are indented."""
    lines = [line for _, text in docs.blocks(page, "sh") for line in text.splitlines()]
    lines += [line.strip() for line in text_of(page).splitlines() if re.match(r" {4}(make|git|qemu|apt|sudo|python3?|scons) ", line)]
    return lines


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_by_a_test(page):
    for command in commands(page):
        found = [(path, mark) for pattern, path, mark in RUN_BY if re.fullmatch(pattern, command)]
        assert found, f"{page}: no test runs `{command}`"
        for path, mark in found:
            assert mark in text_of(path), (command, path)


def test_targets_exist():
    """Also those that a text mentions in passing."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.M)) | {"test-host"}
    targets |= set(re.findall(r"^([a-z]+(?: [a-z]+)*):", text_of("Makefile"), re.M))
    known = {word for target in targets for word in target.split()}
    for page in PAGES:
        for target in re.findall(r"`make ([a-z][a-z-]*)", text_of(page)):
            assert target in known, f"{page}: make {target}"


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files(page):
    text = text_of(page)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert os.path.exists(os.path.join(os.path.dirname(page), target)), f"{page}: {target}"
    for name in re.findall(r"`((?:virtio|docs|bsp|demo|tests|tools|examples|testkernel)/[\w./-]+\.\w+)`", text):
        assert os.path.exists(name) or os.path.exists("virtio/include/" + name), f"{page}: {name}"


def test_both_readmes_say_the_same():
    """As far as a program can tell: the same headings, commands, code, links and table rows."""
    english, chinese = text_of("README.md"), text_of("README_zh.md")

    def shape(text):
        return {
            "headings": len(re.findall(r"^#+ ", text, re.M)),
            "rows": len(re.findall(r"^\|", text, re.M)),
            "blocks": re.findall(r"^ {4}(?:make|msh >).*$", text, re.M),
            "code": sorted(set(re.findall(r"`([^`\n]+)`", text))),
        }
    a, b = shape(english), shape(chinese)
    for what in a:
        assert a[what] == b[what], what
