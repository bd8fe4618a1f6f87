#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the component and the boards' glue into an RT-Thread tree, and takes them out again.

    tools/install.py install|uninstall      with RTT_ROOT=dir, and BSP=dir and FORCE=1 if need be, in the environment

What it replaces is moved, not copied, to RTT_ROOT/.rt-virtio/replaced/, where RT-Thread's build does not look, and
moved back by uninstall. Whatever is done is written to .rt-virtio/manifest.json before it is begun, so that the next run
of either command can undo what an interrupted one left. A BSP outside of the tree (BSP=dir) has a .rt-virtio of its own.
"""

import hashlib
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STATE = ".rt-virtio"
OLDEST, NEWEST = (4, 1), (5, 3)

COMPONENT = "components/drivers/virtio"
KCONFIG = "components/drivers/Kconfig"
SCONSCRIPT = "components/drivers/SConscript"
MENU = 'RT-Thread Components, Device Drivers, "Using VirtIO device drivers"'
BOARDS = ("qemu-virt64-riscv", "qemu-virt64-aarch64")
# Other VirtIO drivers with the names of ours that a tree may have beside: of 5.3, and of boards before and during it.
OTHERS = ("components/legacy/virtio",) + tuple(f"bsp/{b}/{d}/virtio" for b in BOARDS for d in ("driver", "drivers"))
# <rtdevice.h> of 5.3 includes these.
HEADERS = {f"components/drivers/include/drivers/{h}": f"virtio/rtthread/drivers/{h}" for h in ("virtio.h", "virtq.h")}
# What a build may leave in our directory, and nobody misses.
LEFTOVERS = re.compile(r"\.(o|d|obj|pyc)$|^__pycache__(/|$)")

NOTE = "# SPDX-License-Identifier: Apache-2.0\n# rt-virtio, in components/drivers/virtio, stands in for the drivers that were here.\n"
EMPTY_GROUP = NOTE + "from building import *\n\ngroup = []\n\nReturn('group')\n"
ALIAS = NOTE + "config {}\n    bool \"Using VirtIO device drivers (rt-virtio)\"\n    default n\n    select RT_USING_VIRTIO\n"


class Refused(Exception):
    """What is wrong, in one line. Nothing was changed."""


def undone(error):
    """What to say of an error after which everything was put back."""
    if isinstance(error, OSError):
        return Refused(f"{error.filename or STATE}: {error.strerror}; everything is as it was")
    return error


def say(text):
    print(text, flush=True)


# --- files ----------------------------------------------------------------------------------------------------------


def read(path):
    with open(path, "rb") as f:
        return f.read()


def text_of(data):
    return data.decode("latin-1")  # any bytes, and back


def digest(data):
    return hashlib.sha256(data).hexdigest()


def listing(top):
    """{name below `top` ("" is itself): what it is}, or None if there is no `top`. Modes are told apart, too."""
    if not os.path.lexists(top):
        return None
    found = {}

    def look(path, name):
        mode = os.lstat(path).st_mode
        if os.path.islink(path):
            found[name] = "-> " + os.readlink(path)
        elif os.path.isdir(path):
            found[name] = f"directory {mode:o}"
            for entry in sorted(os.listdir(path)):
                look(os.path.join(path, entry), f"{name}/{entry}".lstrip("/"))
        else:
            found[name] = f"{mode:o} {digest(read(path))}"

    look(top, "")
    return found


def write_durably(path, data):
    with open(path + ".new", "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    os.replace(path + ".new", path)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


# --- what is to be changed ------------------------------------------------------------------------------------------


class Change:
    """`path` is to be `files` ({name below it: contents}, {"": contents} if it is a file), or nothing at all."""

    def __init__(self, path, files, edit=None):
        self.path, self.files, self.edit = path, files, edit

    def digests(self):
        return {name: digest(data) for name, data in self.files.items()}


def component():
    files = {}
    top = os.path.join(HERE, "virtio")
    for directory, subdirectories, names in os.walk(top):
        subdirectories.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h")) or name.startswith(("Kconfig", "SConscript")):
                path = os.path.join(directory, name)
                files[os.path.relpath(path, top)] = read(path)
    return files


def kconfig_edit(text, style):
    """(old, new): what to replace in RT-Thread's components/drivers/Kconfig; None if it has what it needs."""
    if re.search(r'^[ \t]*o?r?source[ \t]+"[^"\n]*\bvirtio/Kconfig"', text, re.M):
        return None
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    source = ('rsource "virtio/Kconfig"' if style == "rsource" else f'source "$RTT_DIR/{COMPONENT}/Kconfig"') + newline
    bare = [line.strip() for line in lines]
    begin = next((i for i, line in enumerate(bare) if re.fullmatch(r"(menu)?config RT_USING_VIRTIO", line)), None)
    if begin is None:  # a tree from before VirtIO, or without it
        end = len(bare) - 1 - bare[::-1].index("endmenu") if "endmenu" in bare else len(bare)
        old = "".join(lines[end:])
        return old, source + old
    depth = 0
    for end in range(begin + 1, len(bare)):
        if depth == 0 and re.match(r"(menu)?config |menu |end|r?source|choice", bare[end]):
            break
        depth += (1 if bare[end].startswith("if ") else 0) - (1 if bare[end].startswith("endif") else 0)
        if depth == 0 and bare[end].startswith("endif"):
            return "".join(lines[begin:end + 1]), source
    raise Refused(f"{KCONFIG}: RT_USING_VIRTIO looks different from what is known; nothing was changed")


def glue(place, bsp, board):
    """The board's drv_virtio.c goes where the BSP has one, or should. With a device tree it leaves the search to that."""
    source = {"": read(os.path.join(HERE, "bsp", board, "drv_virtio.c"))}
    directories = [d for d in (f"{bsp}driver", f"{bsp}drivers") if os.path.isdir(place.at(d))]
    for directory in directories:
        if os.path.lexists(place.original(f"{directory}/drv_virtio.c")):
            return [Change(f"{directory}/drv_virtio.c", source)]
    return [Change(f"{directories[0]}/drv_virtio.c", source)] if directories else []


def plan_tree(place):
    """The changes to an RT-Thread tree."""
    changes = [Change(COMPONENT, component())]
    if any(os.path.lexists(place.original(path)) for path in HEADERS):
        changes += [Change(path, {"": read(os.path.join(HERE, source))}) for path, source in HEADERS.items()]
    if not os.path.isfile(place.original(KCONFIG)):
        raise Refused(f"RTT_ROOT={place.root} is no RT-Thread tree: it has no {KCONFIG}")
    text = text_of(place.unedited(KCONFIG))
    rsource = any("rsource" in text_of(read(path)) for path in [place.at("components/Kconfig")] if os.path.isfile(path))
    edit = kconfig_edit(text, "rsource" if rsource or "rsource" in text else "source")
    if edit:
        head, _, tail = text.rpartition(edit[0])
        changes.append(Change(KCONFIG, {"": (head + edit[1] + tail).encode("latin-1")}, edit))
    for path in OTHERS:
        old = place.original(path)
        kconfig = os.path.join(old, "Kconfig")
        files = {}
        if os.path.isfile(os.path.join(old, "SConscript")):
            files["SConscript"] = EMPTY_GROUP.encode()
        if os.path.isfile(kconfig):
            symbol = re.search(r"^\s*(?:menu)?config (\w+)", text_of(read(kconfig)), re.M)
            name = symbol.group(1) if symbol else "RT_USING_VIRTIO"
            files["Kconfig"] = (NOTE if name == "RT_USING_VIRTIO" else ALIAS.format(name)).encode()
        if files:
            changes.append(Change(path, files))
    for board in BOARDS:
        changes += glue(place, f"bsp/{board}/", board)
    return changes


def plan_bsp(place):
    """The changes to a BSP outside of the tree."""
    settings = text_of(read(place.at("rtconfig.py"))) if os.path.isfile(place.at("rtconfig.py")) else ""
    arch = re.search(r"^\s*ARCH\s*=\s*['\"]([\w-]+)", settings, re.M)
    board = {"risc-v": BOARDS[0], "aarch64": BOARDS[1]}.get(arch.group(1) if arch else None)
    changes = glue(place, "", board) if board else []
    if not changes:
        raise Refused(f"BSP={place.root} is no BSP of QEMU's virt machines (riscv, aarch64); nothing was changed")
    return changes


# --- a place: a tree, or a BSP, with what was done to it ------------------------------------------------------------


class Place:
    def __init__(self, root):
        self.root = root
        self.manifest = None
        path = self.state("manifest.json")
        if os.path.exists(path):
            try:
                self.manifest = json.loads(read(path))
                self.entries = self.manifest["entries"]
            except (ValueError, KeyError, TypeError):
                raise Refused(f"{path} is damaged; what was replaced is in {self.state('replaced')}")
        elif os.path.lexists(self.state("replaced")):
            raise Refused(f"{path} is gone, but not {self.state('replaced')}: put back by hand what is there")
        else:
            self.entries = []

    def at(self, path):
        return os.path.join(self.root, path)

    def state(self, path=""):
        return os.path.join(self.root, STATE, path)

    def entry(self, path):
        return next((e for e in self.entries if path == e["path"] or path.startswith(e["path"] + "/")), None)

    def original(self, path):
        """Where the file is that the tree had before anything was installed."""
        return self.state(f"replaced/{path}") if self.entry(path) else self.at(path)

    def unedited(self, path):
        """The contents of a file in which we only edited a passage, without that. The user's changes are in it."""
        entry = self.entry(path)
        if entry and os.path.isfile(self.at(path)):
            old, new = entry["edit"]
            text = text_of(read(self.at(path)))
            if text.count(new) == 1:
                return text.replace(new, old).encode("latin-1")
        return read(self.original(path))

    def changed(self):
        """The files of ours that are not as they were installed."""
        names = []
        for entry in self.entries:
            top, edit = self.at(entry["path"]), entry["edit"]
            if edit and os.path.isfile(top) and text_of(read(top)).count(edit[1]) == 1:
                continue
            for name, what in (listing(top) or {}).items():
                if not what.startswith("directory") and what.split()[-1] != entry["installed"].get(name) and not LEFTOVERS.search(name):
                    names.append(os.path.join(entry["path"], name).rstrip("/"))
        return names

    # Every step is undone by restore(), wherever it was interrupted.

    def note(self, state, **more):
        self.manifest = {"format": 1, "state": state, "entries": self.entries, **more}
        write_durably(self.state("manifest.json"), json.dumps(self.manifest, indent=1).encode())

    def stage(self, changes):
        """Write everything that is new where it does no harm. Most of what can go wrong goes wrong here."""
        try:
            remove(self.state("new"))
            for number, change in enumerate(changes):
                for name, data in change.files.items():
                    path = os.path.join(self.state(f"new/{number}"), name) if name else self.state(f"new/{number}")
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "wb") as f:
                        f.write(data)
            write_durably(self.state(".gitignore"), b"*\n")
        except BaseException as error:
            self.tidy()
            raise undone(error)

    def put(self, changes, **more):
        self.entries = [{"path": c.path, "original": listing(self.at(c.path)), "installed": c.digests(), "edit": c.edit}
                        for c in changes]
        try:
            self.note("installing", **more)
            for number, change in enumerate(changes):
                if os.path.lexists(self.at(change.path)):
                    self.move(self.at(change.path), self.state(f"replaced/{change.path}"))
                if change.edit:
                    shutil.copymode(self.state(f"replaced/{change.path}"), self.state(f"new/{number}"))
                self.move(self.state(f"new/{number}"), self.at(change.path))
            self.note("installed", **more)
            remove(self.state("new"))
        except BaseException as error:
            self.restore()
            raise undone(error)

    def move(self, source, target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.rename(source, target)

    def restore(self):
        for number, entry in reversed(list(enumerate(self.entries))):
            here, kept = self.at(entry["path"]), self.state(f"replaced/{entry['path']}")
            if entry["original"] is None or os.path.lexists(kept):
                if os.path.lexists(here):
                    remove(self.state(f"removed/{number}"))
                    self.move(here, self.state(f"removed/{number}"))
                if entry["original"] is not None:
                    self.move(kept, here)
        remove(self.state("replaced"))
        remove(self.state("manifest.json"))
        self.manifest, self.entries = None, []
        self.tidy()

    def tidy(self):
        """Leave no .rt-virtio behind, but for what is in use, or was kept for the user."""
        for name in ("new", "removed", "manifest.json.new", ".gitignore.new"):
            remove(self.state(name))
        if os.path.isdir(self.state()) and not set(os.listdir(self.state())) - {".gitignore"}:
            remove(self.state())

    def finish_interrupted(self):
        if not self.manifest or self.manifest["state"] == "installed":
            self.tidy()
        else:
            self.restore()
            say(f"{self.root}: an earlier run was interrupted; what it had begun is undone.")

    def check_backup(self):
        for entry in self.entries:
            kept = self.state(f"replaced/{entry['path']}")
            if entry["original"] is not None and (listing(kept) if not entry["edit"] else entry["original"]) != entry["original"] \
                    or entry["original"] is not None and not os.path.lexists(kept):
                raise Refused(f"{kept} is not what was put there, so the tree cannot be restored; nothing was changed")

    def check_changed(self, force):
        changed = self.changed()
        if changed and not force:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise Refused(f"{self.at(changed[0])}{more} changed since rt-virtio was installed; nothing was changed "
                          f"(FORCE=1 goes on, and keeps the files in {self.state('kept')})")
        return changed

    def take_out(self, changed):
        """Restore the tree. What the user changed in files that were only edited stays."""
        if changed:
            number = 1
            while os.path.lexists(self.state(f"kept/{number}")):
                number += 1
            for name in changed:
                target = self.state(f"kept/{number}/{name}")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(self.at(name), target, follow_symlinks=False)
            say(f"Changed files are kept in {self.state(f'kept/{number}')}: {' '.join(changed)}")
        for entry in self.entries:
            path, kept = entry["path"], self.state(f"replaced/{entry['path']}")
            if entry["edit"] and path not in changed and os.path.isfile(self.at(path)) and self.unedited(path) != read(kept):
                remove(self.state("removed"))
                os.makedirs(self.state("removed"))
                shutil.copy2(self.at(path), self.state("removed/edited"))
                with open(self.state("removed/edited"), "wb") as f:
                    f.write(self.unedited(path))
                os.replace(self.state("removed/edited"), kept)
                say(f"  {path}: only our passage is taken out; what else was changed since stays")
        self.note("uninstalling")
        self.restore()


# --- the two commands -----------------------------------------------------------------------------------------------


def version_of(root):
    """The version of the RT-Thread tree, as three numbers."""
    header = os.path.join(root, "include/rtdef.h")
    if not os.path.isfile(header) or not os.path.isfile(os.path.join(root, SCONSCRIPT)):
        raise Refused(f"RTT_ROOT={root} is no RT-Thread tree: it has no include/rtdef.h, or no {SCONSCRIPT}")
    text = text_of(read(header))
    for names in (("RT_VERSION_MAJOR", "RT_VERSION_MINOR", "RT_VERSION_PATCH"), ("RT_VERSION", "RT_SUBVERSION", "RT_REVISION")):
        found = [re.search(rf"^[ \t]*#[ \t]*define[ \t]+{name}[ \t]+(\d+)", text, re.M) for name in names]
        if all(found):
            return tuple(int(f.group(1)) for f in found)
    raise Refused(f"RTT_ROOT={root} is no RT-Thread tree: include/rtdef.h does not tell a version")


def directory(variable):
    value = os.environ.get(variable, "")
    if not value:
        return None
    path = os.path.realpath(os.path.expanduser(value))
    if not os.path.isdir(path):
        raise Refused(f"{variable}={value}: there is no such directory")
    return path


def check_inside(place, changes):
    if os.path.islink(os.path.join(place.root, STATE)):
        raise Refused(f"{os.path.join(place.root, STATE)} is a link; nothing was changed")
    for change in changes:
        path = place.at(change.path)
        if os.path.commonpath([os.path.realpath(os.path.dirname(path)), place.root]) != place.root:
            raise Refused(f"{path} lies outside of {place.root}, behind a link; nothing was changed")
        if change.edit and os.path.islink(path):
            raise Refused(f"{path} is a link; nothing was changed")


def is_current(place, changes):
    """Nothing would be different after installing once more."""
    if not place.manifest or sorted(e["path"] for e in place.entries) != sorted(c.path for c in changes):
        return False
    for change in changes:
        entry = place.entry(change.path)
        if change.edit:
            if read(place.at(change.path)) != change.files[""]:
                return False
        elif entry["installed"] != change.digests():
            return False
        elif any(not os.path.lexists(os.path.join(place.at(change.path), name)) for name in change.files if name):
            return False
    return True


def report(place, changes):
    for change in changes:
        entry = place.entry(change.path)
        what = "added" if entry["original"] is None else "edited" if change.edit else "replaced"
        say(f"  {change.path}: {what}")
    if any(e["original"] is not None for e in place.entries):
        say(f"What was there before is in {place.state('replaced')}")


def install(root, bsp, force):
    version = ".".join(str(n) for n in version_of(root))
    if not OLDEST <= version_of(root)[:2] <= NEWEST:
        raise Refused(f"RTT_ROOT={root} is RT-Thread {version}; rt-virtio is for {'.'.join(map(str, OLDEST))} "
                      f"to {'.'.join(map(str, NEWEST))}. Nothing was changed")
    places = [(Place(root), plan_tree)] + ([(Place(bsp), plan_bsp)] if bsp else [])
    work = []
    for place, plan in places:
        place.finish_interrupted()
        changes = plan(place)
        check_inside(place, changes)
        changed = place.check_changed(force)
        place.check_backup()
        work.append((place, plan, changes, changed))
    say(f"RT-Thread {version} in {root}")
    for place, plan, changes, changed in work:
        elsewhere = bsp
        if not changed and is_current(place, changes):
            say(f"rt-virtio is installed already in {place.root}; nothing was changed.")
            continue
        if place.manifest:
            say(f"Another state of rt-virtio is installed in {place.root}, and is taken out first.")
            elsewhere = bsp or place.manifest.get("bsp")
            place.take_out(changed)
            changes = plan(place)
        place.stage(changes)
        place.put(changes, version=version, bsp=elsewhere if place.root == root else None)
        if place.root != root:
            say(f"BSP in {place.root}")
        report(place, changes)
    tree = work[0][0]
    if bsp and tree.manifest.get("bsp") != bsp:
        tree.note("installed", version=version, bsp=bsp)
    if not any(c.path.endswith("drv_virtio.c") for _, _, changes, _ in work for c in changes):
        say("There is no BSP of QEMU's virt machines in this tree: BSP=dir puts the glue into one elsewhere.")
    say(f"Options: {MENU}. To undo all this: make uninstall RTT_ROOT='{root}'" + (f" BSP='{bsp}'" if bsp else ""))


def uninstall(root, bsp, force):
    places = [Place(root)] + ([Place(bsp)] if bsp else [])
    if not any(place.manifest for place in places):
        say(f"rt-virtio is not installed in {root}; nothing was changed.")
    for place in places:
        place.finish_interrupted()
    places = [place for place in places if place.manifest]
    for place in places:
        place.check_backup()
    for place, changed in [(place, place.check_changed(force)) for place in places]:
        elsewhere = place.manifest.get("bsp")
        place.take_out(changed)
        say(f"{place.root} is as it was before rt-virtio was installed.")
        if elsewhere and elsewhere != bsp and os.path.exists(os.path.join(elsewhere, STATE, "manifest.json")):
            say(f"The glue in {elsewhere} is still there: make uninstall RTT_ROOT='{root}' BSP='{elsewhere}' takes it out.")


def main():
    commands = {"install": install, "uninstall": uninstall}
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in commands:
        sys.exit(__doc__)
    try:
        root, bsp = directory("RTT_ROOT"), directory("BSP")
        if not root:
            raise Refused(f"which RT-Thread tree? make {name} RTT_ROOT=dir")
        if bsp and os.path.dirname(bsp) == os.path.join(root, "bsp") and os.path.basename(bsp) in BOARDS:
            bsp = None  # belongs to the tree
        commands[name](root, bsp, os.environ.get("FORCE", "0") not in ("", "0"))
    except Refused as refusal:
        sys.exit(f"{name}: {refusal}")
    except OSError as error:
        sys.exit(f"{name}: {error.filename or ''}: {error.strerror}; run it again, or `make uninstall`")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted; run it again, or `make uninstall`")


if __name__ == "__main__":
    main()
