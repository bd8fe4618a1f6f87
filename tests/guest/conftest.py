# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the guest tests: `board` and `virtio` give the matrix, `boot` starts guests and checks them at the end."""

import os
import sys

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.dirname(__file__), os.path.join(ROOT, "tools"), os.path.join(ROOT, "bench")]

from lib.guest import Guest  # noqa: E402

BOARDS = ("riscv64", "aarch64")
INTERFACES = ("legacy", "modern")
NO_LWIP = ("small", "big", "early", "earlyfault", "noops", "classes", "graphic", "dm",     # variants that the Makefile builds with NET=0
           *("cfg-" + name for name in ("none", "blk", "console", "gpu", "input", "legacy", "modern", "plain")))


# RT-Thread's newer frameworks: how many CPUs the image for a board has.
FRAMEWORKS = dict.fromkeys(("dm", "classes", "graphic"), {"riscv64": 1, "aarch64": 4})


def pytest_addoption(parser):
    parser.addoption("--kernel", help="test this image instead of the test kernel's")
    parser.addoption("--board", choices=BOARDS, help="only this board (the one that --kernel was built for)")


def pytest_configure(config):
    os.chdir(ROOT)
    config.foreign = config.getoption("--kernel")
    config.addinivalue_line("markers", "packed(BOARD...): run with packed rings, too, on these boards, or on both")


def pytest_collection_modifyitems(config, items):
    """What takes an image of RT-Thread is not there without one."""
    if not config.foreign:
        config.hook.pytest_deselected(items=[item for item in items if "rtthread" in item.fixturenames])
        items[:] = [item for item in items if "rtthread" not in item.fixturenames]


def pytest_generate_tests(metafunc):
    only = metafunc.config.getoption("--board")
    own = [name for mark in metafunc.definition.iter_markers("parametrize") for name in mark.args[0].split(", ")]
    packed = metafunc.definition.get_closest_marker("packed")
    if packed:
        boards = (only,) if only else BOARDS
        metafunc.parametrize("board, virtio", [(board, virtio) for board in boards for virtio in INTERFACES] +
                             [(board, "packed") for board in packed.args or BOARDS if board in boards])
        return
    if "board" in metafunc.fixturenames and "board" not in own:
        metafunc.parametrize("board", (only,) if only else BOARDS)
    if "virtio" in metafunc.fixturenames and "virtio" not in own:
        metafunc.parametrize("virtio", INTERFACES)


class Boot:
    """boot(devices, ...) starts a guest and waits for its prompt. `needs`: commands that a foreign image may lack."""

    def __init__(self, request, directory, board, virtio):
        self.foreign, self.directory, self.board, self.virtio = request.config.foreign, directory, board, virtio
        self.guests = []

    def image(self, smp=1, variant=None):
        if self.foreign:
            if smp > 1 or variant:
                pytest.skip("needs an image of its own; KERNEL was given")
            return self.foreign
        variant = "nonet-" + variant if variant in NO_LWIP else variant
        return f"build/{self.board}" + (f"-smp{smp}" if smp > 1 else "") + (f"-{variant}" if variant else "") + "/rt-virtio.elf"

    def __call__(self, devices=(), needs=(), smp=1, variant=None, prompt=True, **options):
        if variant in FRAMEWORKS:
            smp = FRAMEWORKS[variant][self.board]
        directory = self.directory / f"guest{len(self.guests)}"
        directory.mkdir()
        guest = Guest(str(directory), self.board, self.virtio, self.image(smp, variant), devices, smp, **options)
        guest.foreign = bool(self.foreign)
        self.guests.append(guest)
        if not prompt:      # it does not get that far
            return guest
        guest.wait_prompt()
        if self.foreign:
            for command in needs:
                if command not in guest.commands():
                    pytest.skip(f"the image's shell has no command `{command}`")
        return guest

    def close(self):
        for guest in self.guests:
            guest.quit()
        complaints = [line for guest in self.guests if not guest.misbehaves for line in guest.complaints()]
        assert not complaints, "QEMU complains about the guest: " + "; ".join(complaints[:20])


@pytest.fixture
def boot(request, tmp_path, board):
    only = request.config.getoption("--board")
    if only and board != only:
        pytest.skip(f"is for {board}")
    virtio = request.getfixturevalue("virtio") if "virtio" in request.fixturenames else "legacy"
    b = Boot(request, tmp_path, board, virtio)
    request.node.guests = b.guests
    yield b
    b.close()


@pytest.fixture
def own(request):
    """For a test of the test kernel itself."""
    if request.config.foreign:
        pytest.skip("tests the test kernel; KERNEL was given")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for guest in getattr(item, "guests", ()):
            report.sections.append(("guest's console", guest.console[-4000:].decode(errors="replace").replace("\r", "")))


def pytest_terminal_summary(terminalreporter):
    rows = sorted({value for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())
                   for name, value in getattr(report, "user_properties", ()) if name == "exits"})
    if rows:
        from exits import HEADER
        terminalreporter.section("exits per 4 KiB read")
        for row in (HEADER, *rows):
            terminalreporter.line(row)
