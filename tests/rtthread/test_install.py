# SPDX-License-Identifier: Apache-2.0
"""make install and make uninstall: into an RT-Thread tree, and out of it again, whatever happens in between."""

import os
import re
import resource
import subprocess
import sys

import kconfiglib
import pytest

import rtt_tree
from rtt_tree import AARCH64, RISCV, VERSIONS, snapshot, write

INSTALLER = os.path.abspath("tools/install.py")

# Runs the installer with a component of three files and, if asked for, dies in its n-th change of a directory.
SMALL = """
import os, sys
sys.path.insert(0, os.path.dirname({installer!r}))
sys.dont_write_bytecode = True
import install
install.component = lambda: {{"SConscript": b"# ours\\n", "Kconfig": b"# ours\\n", "core/a.c": {contents!r}}}
left = {steps}
def counted(function):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            if {dies}:
                os._exit(9)
            raise OSError(28, os.strerror(28), str(args[0]))
        return function(*args, **kwargs)
    return call
for name in ("rename", "replace", "unlink", "rmdir", "mkdir"):
    setattr(os, name, counted(getattr(os, name)))
install.main()
if left > 0:
    sys.exit(77)  # there are no more steps
"""


def run(command, root, small=None, **environment):
    """small: {steps, dies, contents}: see SMALL."""
    script = [INSTALLER]
    if small is not None:
        script = ["-c", SMALL.format(**{"installer": INSTALLER, "steps": -1, "dies": True, "contents": b"/* a */\n", **small})]
    env = {name: value for name, value in os.environ.items() if name not in ("RTT_ROOT", "BSP", "FORCE")}
    if root is not None:
        env["RTT_ROOT"] = str(root)
    env.update({name: str(value) for name, value in environment.items()})
    return subprocess.run([sys.executable, *script, command], capture_output=True, text=True, env=env)


def works(command, root, **arguments):
    done = run(command, root, **arguments)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def refuses(command, root, message, **arguments):
    done = run(command, root, **arguments)
    assert done.returncode == 1 and re.fullmatch(f"{command}: [^\n]*\n", done.stderr) and message in done.stderr, done
    assert "Traceback" not in done.stderr


@pytest.fixture
def tree(tmp_path):
    return rtt_tree.make(str(tmp_path / "tree"), "5.0.0")


def text(root, path):
    with open(os.path.join(root, path), newline="") as f:
        return f.read()


# --- there and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_there_and_back(tmp_path, version):
    write(tmp_path, "outside/file")
    root = rtt_tree.make(str(tmp_path / "tree"), version)
    before = snapshot(tmp_path)
    said = works("install", root)
    assert f"RT-Thread {version} in {root}" in said
    assert "components/drivers/virtio: replaced" in said and f"{RISCV}/driver/drv_virtio.c: replaced" in said
    assert f"What was there before is in {root}/.rt-virtio/replaced" in said
    installed = snapshot(tmp_path)
    with open("virtio/SConscript") as f:
        assert text(root, "components/drivers/virtio/SConscript") == f.read()
    assert text(root, f"{RISCV}/driver/drv_virtio.c") == text(".", f"{RISCV}/drv_virtio.c")
    for path, what in before.items():  # the rest of the tree, and its neighbours, are as they were
        if not re.search(r"virtio|virtq|components/drivers/Kconfig", path):
            assert installed[path] == what
    said = works("install", root)
    assert "nothing was changed" in said and "replaced" not in said
    assert snapshot(tmp_path) == installed
    assert "as it was before" in works("uninstall", root)
    assert snapshot(tmp_path) == before
    assert "not installed" in works("uninstall", root)
    assert snapshot(tmp_path) == before


def test_the_component_is_whole(tree):
    works("install", tree)
    for directory, _, names in os.walk("virtio"):
        for name in names:
            path = os.path.join(directory, name)
            assert text(tree, f"components/drivers/{path}") == text(".", path)
    assert not os.path.exists(f"{tree}/components/drivers/virtio/virtio.c")


@pytest.mark.parametrize("version", VERSIONS)
def test_only_ours_is_built(tmp_path, version):
    root = rtt_tree.make(str(tmp_path / "tree"), version)
    works("install", root)
    scripts = rtt_tree.scanned(root, "components/drivers") + rtt_tree.scanned(root, f"{RISCV}/driver")
    scripts += rtt_tree.scanned(root, "components/legacy") if version >= "5.3" else []
    assert not any(".rt-virtio" in path for path in scripts)
    building = [path for path in scripts if "Glob" in text(root, f"{path}/SConscript")]
    assert building == ["components/drivers/serial", "components/drivers/virtio"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("version", ["4.1.1", "5.0.0", "5.1.0"])
def test_the_menu_of_older_versions_is_edited(tmp_path, version, newline):
    root = rtt_tree.make(str(tmp_path / "tree"), version, newline)
    before = text(root, "components/drivers/Kconfig")
    works("install", root)
    after = text(root, "components/drivers/Kconfig")
    old = rtt_tree.MENU.format("RT_USING_VIRTIO").replace("\n", newline)
    assert after == before.replace(old, f'source "$RTT_DIR/components/drivers/virtio/Kconfig"{newline}')
    assert os.stat(f"{root}/components/drivers/Kconfig").st_mode & 0o777 == 0o640


@pytest.mark.parametrize("version", VERSIONS)
def test_the_menu_is_one(tmp_path, version, monkeypatch):
    """RT-Thread's menuconfig reads it, and what BSPs select, or a .config of before has, chooses our drivers."""
    root = rtt_tree.make(str(tmp_path / "tree"), version)
    write(root, "Kconfig", 'rsource "components/drivers/Kconfig"\nrsource "bsp/qemu-virt64-riscv/driver/Kconfig"\n'
          'orsource "components/legacy/Kconfig"\norsource "bsp/qemu-virt64-riscv/driver/virtio/Kconfig"\n')
    works("install", root)
    monkeypatch.setenv("RTT_DIR", root)
    monkeypatch.setenv("srctree", root)
    choices = ["RT_USING_VIRTIO", "BSP_USING_VIRTIO_BLK"] + (["RT_USING_LEGACY_VIRTIO", "BSP_USING_VIRTIO"] if version >= "5.3" else [])
    for choice in choices:
        menu = kconfiglib.Kconfig("Kconfig")
        assert menu.syms["RT_USING_VIRTIO"].str_value == "n"
        menu.syms[choice].set_value("y")
        for symbol in ("RT_USING_VIRTIO", "RT_USING_VIRTIO_BLK", "RT_USING_VIRTIO_LEGACY"):
            assert menu.syms[symbol].str_value == "y", (choice, symbol)
        assert len(menu.syms["RT_USING_VIRTIO_BLK"].nodes) == 1


def test_a_tree_without_virtio_gets_the_menu(tmp_path):
    root = rtt_tree.make(str(tmp_path / "tree"), "4.1.0")
    write(root, "components/drivers/Kconfig", 'menu "Device Drivers"\nmenu "USB"\nendmenu\nendmenu\n')
    subprocess.run(["rm", "-r", f"{root}/components/drivers/virtio"], check=True)
    before = snapshot(root)
    assert "components/drivers/virtio: added" in works("install", root)
    assert text(root, "components/drivers/Kconfig") == \
        'menu "Device Drivers"\nmenu "USB"\nendmenu\nsource "$RTT_DIR/components/drivers/virtio/Kconfig"\nendmenu\n'
    assert "nothing was changed" in works("install", root)
    works("uninstall", root)
    assert snapshot(root) == before


def test_an_unknown_menu_is_refused(tree):
    write(tree, "components/drivers/Kconfig", "config RT_USING_VIRTIO\n    bool\n\nconfig RT_USING_CAN\n    bool\n")
    before = snapshot(tree)
    refuses("install", tree, "RT_USING_VIRTIO looks different")
    assert snapshot(tree) == before


def test_master(tmp_path):
    """5.3 has a driver model with a VirtIO bus of its own, and the older drivers in components/legacy."""
    root = rtt_tree.make(str(tmp_path / "tree"), "5.3.0")
    works("install", root)
    assert "#include <virtio.h>" in text(root, "components/drivers/include/drivers/virtio.h")
    assert text(root, "components/drivers/include/drivers/virtq.h") == text("virtio", "rtthread/drivers/virtq.h")
    # Options that BSPs select or that a .config has lead to ours.
    for path, symbol in (("components/legacy/virtio", "RT_USING_LEGACY_VIRTIO"), (f"{RISCV}/driver/virtio", "BSP_USING_VIRTIO")):
        assert sorted(os.listdir(f"{root}/{path}")) == ["Kconfig", "SConscript"]
        assert re.search(f"^config {symbol}\n(    .*\n)*    select RT_USING_VIRTIO\n", text(root, f"{path}/Kconfig"), re.M)
    assert text(root, f"{AARCH64}/drivers/drv_virtio.c") == text(".", f"{AARCH64}/drv_virtio.c")


def test_glue_is_added_to_a_bsp_that_lacks_it(tree):
    os.unlink(f"{tree}/{AARCH64}/drivers/drv_virtio.c")
    before = snapshot(tree)
    assert f"{AARCH64}/drivers/drv_virtio.c: added" in works("install", tree)
    works("uninstall", tree)
    assert snapshot(tree) == before


# --- a BSP outside of the tree --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch, board", [("risc-v", RISCV), ("aarch64", AARCH64)])
def test_bsp_outside(tmp_path, arch, board):
    bsp = rtt_tree.make_bsp(str(tmp_path / "bsp"), arch)
    root = rtt_tree.make(f"{bsp}/rt-thread", "5.0.0")  # such a BSP has its tree inside
    before = snapshot(bsp)
    said = works("install", root, BSP=bsp)
    assert f"BSP in {bsp}" in said and f"BSP='{bsp}'" in said
    assert text(bsp, "driver/drv_virtio.c") == text(board, "drv_virtio.c")
    assert rtt_tree.scanned(bsp, "driver") == ["driver"]
    installed = snapshot(bsp)
    assert works("install", root, BSP=bsp).count("nothing was changed") == 2
    assert snapshot(bsp) == installed
    assert f"BSP='{bsp}' takes it out" in works("uninstall", root)
    works("uninstall", root, BSP=bsp)
    assert snapshot(bsp) == before


def test_bsp_of_another_board_is_refused(tmp_path, tree):
    bsp = rtt_tree.make_bsp(str(tmp_path / "bsp"), "arm")
    before = snapshot(tmp_path)
    refuses("install", tree, "is no BSP of QEMU's virt machines", BSP=bsp)
    assert snapshot(tmp_path) == before


def test_a_tree_without_bsps(tree):
    subprocess.run(["rm", "-r", f"{tree}/bsp"], check=True)
    assert "BSP=dir" in works("install", tree)


# --- refused --------------------------------------------------------------------------------------------------------


def test_no_tree(tmp_path):
    write(tmp_path, "some/file")
    before = snapshot(tmp_path)
    refuses("install", None, "which RT-Thread tree? make install RTT_ROOT=dir")
    refuses("uninstall", "", "which RT-Thread tree? make uninstall RTT_ROOT=dir")
    refuses("install", tmp_path / "nothing", "there is no such directory")
    refuses("install", tmp_path / "some", "is no RT-Thread tree")
    refuses("install", tmp_path / "some/file", "there is no such directory")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("version", ["4.0.5", "5.4.0", "6.0.0"])
def test_other_versions(tmp_path, version):
    root = rtt_tree.make(str(tmp_path / "tree"), version)
    before = snapshot(root)
    refuses("install", root, f"is RT-Thread {version}; rt-virtio is for 4.1 to 5.3")
    assert snapshot(root) == before


def test_no_version(tree):
    write(tree, "include/rtdef.h", "/* nothing */\n")
    refuses("install", tree, "does not tell a version")


def test_nothing_is_written_behind_a_link(tmp_path, tree):
    os.rename(f"{tree}/{RISCV}/driver", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", f"{tree}/{RISCV}/driver")
    before = snapshot(tmp_path)
    refuses("install", tree, f"lies outside of {tree}, behind a link")
    assert snapshot(tmp_path) == before


def test_the_tree_itself_may_be_a_link(tmp_path, tree):
    before = snapshot(tmp_path)
    os.symlink("tree", tmp_path / "link")
    works("install", tmp_path / "link")
    works("uninstall", tmp_path / "link")
    os.unlink(tmp_path / "link")
    assert snapshot(tmp_path) == before


def test_a_damaged_manifest(tree):
    works("install", tree)
    write(tree, ".rt-virtio/manifest.json", "{")
    refuses("uninstall", tree, "is damaged")
    os.unlink(f"{tree}/.rt-virtio/manifest.json")
    refuses("install", tree, "manifest.json is gone")


def test_a_damaged_backup(tree):
    works("install", tree)
    write(tree, ".rt-virtio/replaced/components/drivers/virtio/virtio.c", "/* changed */\n")
    before = snapshot(tree)
    refuses("uninstall", tree, "cannot be restored")
    assert snapshot(tree) == before


# --- changed since --------------------------------------------------------------------------------------------------


OURS = "components/drivers/virtio/rtthread/rt_virtio.c"


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_changed_files_are_not_lost(tree, command):
    before = snapshot(tree)
    works("install", tree)
    write(tree, OURS, "/* mine */\n")
    write(tree, "components/drivers/virtio/notes.txt", "mine, too\n")
    changed = snapshot(tree)
    refuses(command, tree, "and 1 more changed since rt-virtio was installed")
    assert snapshot(tree) == changed
    assert "kept" in works(command, tree, FORCE=1)
    assert text(tree, f".rt-virtio/kept/1/{OURS}") == "/* mine */\n"
    assert text(tree, ".rt-virtio/kept/1/components/drivers/virtio/notes.txt") == "mine, too\n"
    if command == "install":
        assert text(tree, OURS) == text("virtio", "rtthread/rt_virtio.c")
        works("uninstall", tree)
    assert {path: what for path, what in snapshot(tree).items() if ".rt-virtio" not in path} == before


def test_what_a_build_leaves_does_not_count(tree):
    before = snapshot(tree)
    works("install", tree)
    write(tree, OURS + ".o", "object\n")
    write(tree, "components/drivers/virtio/__pycache__/x.pyc", "object\n")
    works("uninstall", tree)
    assert snapshot(tree) == before


def test_a_lost_file_is_put_back(tree):
    works("install", tree)
    installed = snapshot(tree)
    os.unlink(f"{tree}/{OURS}")
    works("install", tree)
    assert snapshot(tree) == installed


def test_ones_own_options_stay(tree):
    path = "components/drivers/Kconfig"
    before = text(tree, path)
    works("install", tree)
    mine = "\nconfig MY_DRIVER\n    bool\n"
    write(tree, path, text(tree, path) + mine, 0o640)
    assert "nothing was changed" in works("install", tree)
    assert "stays" in works("uninstall", tree)
    assert text(tree, path) == before + mine
    assert not os.path.exists(f"{tree}/.rt-virtio")


def test_update(tree):
    before = snapshot(tree)
    works("install", tree, small={"contents": b"/* older */\n"})
    assert text(tree, "components/drivers/virtio/core/a.c") == "/* older */\n"
    said = works("install", tree)
    assert "Another state of rt-virtio" in said and "components/drivers/virtio: replaced" in said
    assert not os.path.exists(f"{tree}/components/drivers/virtio/core/a.c")
    works("uninstall", tree)
    assert snapshot(tree) == before


# --- interrupted ----------------------------------------------------------------------------------------------------


def ways_through(command, prepare, dies):
    """Run the command again and again, interrupted one step later each time, until it gets through."""
    for step in range(1, 200):
        root = prepare()
        done = run(command, root, small={"steps": step, "dies": dies})
        assert "Traceback" not in done.stderr
        if done.returncode == 77:
            assert step > 10
            return
        if done.returncode != 0:  # 0: it can do without, as with making a directory that is there
            yield root, done
    pytest.fail("no end")


def mixed(root):
    """A tree in which files are replaced, edited, added and removed."""
    rtt_tree.make(root, "5.0.0")
    os.unlink(f"{root}/{AARCH64}/drivers/drv_virtio.c")
    rtt_tree.drivers(root, f"{RISCV}/driver/virtio", "BSP_USING_VIRTIO")
    return root


def make_trees(tmp_path, installed):
    number = 0

    def prepare():
        nonlocal number
        number += 1
        root = mixed(str(tmp_path / f"tree{number}"))
        if installed:
            works("install", root, small={})
        return root

    return prepare


def without_paths(found):
    """A snapshot, but for the manifest, which names files in another order perhaps."""
    return {path: what for path, what in found.items() if path != ".rt-virtio/manifest.json"}


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_killed(tmp_path, command):
    before = snapshot(mixed(str(tmp_path / "before")))
    whole = mixed(str(tmp_path / "whole"))
    works("install", whole, small={})
    whole = without_paths(snapshot(whole))
    half = 0
    for number, (root, done) in enumerate(ways_through(command, make_trees(tmp_path, command == "uninstall"), True)):
        assert done.returncode == 9
        half += snapshot(root) not in (before, whole)
        if number % 2 == 0:
            works("uninstall", root)
            assert snapshot(root) == before
        else:
            works("install", root, small={})
            assert without_paths(snapshot(root)) == whole
            works("uninstall", root)
            assert snapshot(root) == before
    assert half > 5


def test_an_error_on_the_way(tmp_path):
    """One that install can undo itself."""
    before = snapshot(mixed(str(tmp_path / "before")))
    for root, done in ways_through("install", make_trees(tmp_path, False), False):
        assert re.fullmatch(r"install: .*No space left on device.*\n", done.stderr), done.stderr
        assert snapshot(root) == before


def test_a_write_error(tree):
    before = snapshot(tree)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))

    done = subprocess.run([sys.executable, INSTALLER, "install"], capture_output=True, text=True, preexec_fn=limit,
                          env={**os.environ, "RTT_ROOT": tree})
    assert done.returncode == 1
    assert re.fullmatch(r"install: .*File too large; everything is as it was\n", done.stderr), done.stderr
    assert snapshot(tree) == before


# --- make -----------------------------------------------------------------------------------------------------------


def run_make(*arguments):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("RTT_ROOT", "BSP", "FORCE", "MAKE", "MFLAGS"))}
    return subprocess.run(["make", "--no-print-directory", *arguments], capture_output=True, text=True, env=env)


def test_make(tmp_path):
    root = rtt_tree.make(str(tmp_path / "a tree, it's"), "5.0.0")
    before = snapshot(root)
    done = run_make("install", f"RTT_ROOT={root}")
    assert done.returncode == 0 and done.stderr == "" and "RT-Thread 5.0.0" in done.stdout
    done = run_make("uninstall", f"RTT_ROOT={os.path.relpath(root)}")
    assert done.returncode == 0 and done.stderr == "" and snapshot(root) == before
    done = run_make("install")
    assert done.stdout == ""
    assert re.fullmatch(r"install: which RT-Thread tree\?[^\n]*\nmake: \*\*\* [^\n]*\n", done.stderr), done.stderr
