# SPDX-License-Identifier: Apache-2.0
"""The component's options: Kconfig for both of RT-Thread's tools, .config to rtconfig.h to image, defaults, costs."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import kconfiglib
import pytest
import rtconfig

OWN = "testkernel/Kconfig"
DEVICES = ("BLK", "NET", "CONSOLE", "GPU", "INPUT")

# What RT-Thread's menus ask for around ours, and a released board package (aarch64) which selects without a look at lwIP.
RT_THREAD = """
mainmenu "RT-Thread Project Configuration"
config RT_USING_DEVICE_IPC
    bool "Using device drivers IPC"
    default n
config RT_USING_FINSH
    bool
    default y
config RT_USING_LWIP
    bool "LwIP: light weight TCP/IP stack"
    default {lwip}
choice
    prompt "The maximal level value of priority of thread"
    default RT_THREAD_PRIORITY_{levels}
    config RT_THREAD_PRIORITY_8
        bool "8"
    config RT_THREAD_PRIORITY_32
        bool "32"
    config RT_THREAD_PRIORITY_256
        bool "256"
endchoice
config LWIP_NO_RX_THREAD
    bool
    default y
config ARCH_RISCV
    bool
    default y
menu "RT-Thread Components"
menu "Device Drivers"
source "virtio/Kconfig"
endmenu
endmenu
menu "Hardware Drivers Config"
menuconfig BSP_USING_VIRTIO
    bool "Using VirtIO"
    default {bsp}
    select RT_USING_VIRTIO
    select RT_USING_VIRTIO10
    select RT_USING_VIRTIO_MMIO_ALIGN
{selects}
endmenu
"""


def board_package(tmp_path, lwip="n", bsp="y", levels=32):
    selects = "".join(f"config BSP_USING_VIRTIO_{d}\n    bool \"Using VirtIO {d}\"\n    default {bsp}\n    select RT_USING_VIRTIO\n"
                      f"    select RT_USING_VIRTIO_{d}\n" for d in DEVICES)
    path = tmp_path / "Kconfig"
    path.write_text(RT_THREAD.format(lwip=lwip, bsp=bsp, levels=levels, selects=selects))
    return str(path)


def frontends(kconfig, directory, stored=""):
    """kconfig-frontends (RT-Thread 5.0): the .config of a stored one. It has nothing to warn of."""
    config = directory / "frontends.config"
    config.write_text(stored)
    done = subprocess.run(["kconfig-conf", "--olddefconfig", kconfig], env={**os.environ, "KCONFIG_CONFIG": str(config)},
                          capture_output=True, text=True, check=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line and not line.startswith("#")]
    assert not said, said
    return dict(rtconfig.symbols(config))


def library(kconfig, directory, stored=""):
    """The same with kconfiglib (newer ones)."""
    config = directory / "library.config"
    config.write_text(stored)
    k = kconfiglib.Kconfig(kconfig, warn_to_stderr=False)
    k.load_config(str(config))
    k.write_config(str(config))
    assert not k.warnings
    return dict(rtconfig.symbols(config))


@pytest.fixture(params=(frontends, library), ids=("frontends", "kconfiglib"))
def tool(request):
    return request.param


# --- names, defaults, old symbols --------------------------------------------------------------------------------------

def test_names_and_defaults(tool, tmp_path):
    chosen = tool(OWN, tmp_path)
    assert all(f"RT_USING_VIRTIO_{d}" in chosen for d in DEVICES)
    assert "RT_USING_VIRTIO_LEGACY" in chosen and "RT_USING_VIRTIO_MODERN" not in chosen
    assert chosen["RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR"] == "4"
    assert {"RT_VIRTIO_EVENT_IDX", "RT_VIRTIO_PACKED", "RT_VIRTIO_INDIRECT"} <= set(chosen)
    assert "RT_USING_VIRTIO_ONLY_CHOSEN" not in chosen


def test_off_unless_asked_for(tool, tmp_path):
    chosen = tool(board_package(tmp_path, bsp="n"), tmp_path)
    assert not [name for name in chosen if "VIRTIO" in name]


def test_the_path_in_the_menu():
    k = kconfiglib.Kconfig(OWN)

    def path(name):
        node = next(node for node in k.syms[name].nodes if node.prompt)
        texts = [node.prompt[0]]
        while node.parent is not k.top_node:
            node = node.parent
            texts.insert(0, node.prompt[0])
        return texts

    drivers = ["RT-Thread Components", "Device Drivers", "Using VirtIO device drivers"]
    assert path("RT_USING_VIRTIO") == drivers
    assert path("RT_USING_VIRTIO_LEGACY") == drivers + ["VirtIO Version", "VirtIO Legacy (v0.95)"]
    assert path("RT_USING_VIRTIO_MODERN") == drivers + ["VirtIO Version", "VirtIO Modern (v1.0+)"]
    assert path("RT_USING_VIRTIO_ONLY_CHOSEN") == drivers + ["Drive only the chosen version"]
    assert path("RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR") == drivers + ["Using VirtIO Console", "Max number of port in VirtIO Console"]
    for device, text in zip(DEVICES, ("BLK", "NET", "Console", "GPU", "Input")):
        assert path(f"RT_USING_VIRTIO_{device}") == drivers + ["Using VirtIO " + text]


def test_released_board_packages_select_what_there_is(tool, tmp_path):
    chosen = tool(board_package(tmp_path), tmp_path)
    for name in ("RT_USING_VIRTIO", "RT_USING_VIRTIO10", "RT_USING_VIRTIO_MMIO_ALIGN", "RT_USING_DEVICE_IPC",
                 *(f"RT_USING_VIRTIO_{d}" for d in DEVICES)):
        assert name in chosen
    assert "RT_USING_LWIP" not in chosen


# What RT-Thread's own components have left behind: of 4.1 to 5.2, and of the master.
OLD = """CONFIG_RT_USING_VIRTIO=y
CONFIG_RT_USING_VIRTIO10=y
CONFIG_RT_USING_VIRTIO_MMIO_ALIGN=y
CONFIG_RT_USING_VIRTIO_BLK=y
# CONFIG_RT_USING_VIRTIO_NET is not set
CONFIG_RT_USING_VIRTIO_CONSOLE=y
CONFIG_RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR=7
CONFIG_RT_USING_VIRTIO_GPU=y
# CONFIG_RT_USING_VIRTIO_INPUT is not set
"""
MASTER = """CONFIG_RT_USING_VIRTIO=y
CONFIG_RT_VIRTIO_TRANSPORT_MMIO=y
CONFIG_RT_VIRTIO_BLK=y
# CONFIG_RT_VIRTIO_NET is not set
CONFIG_RT_VIRTIO_CONSOLE=y
"""


@pytest.mark.parametrize("kconfig", ("own", "board package"))
def test_a_stored_config_comes_through(tool, kconfig, tmp_path):
    chosen = tool(OWN if kconfig == "own" else board_package(tmp_path, lwip="y", bsp="n"), tmp_path, OLD)
    assert {"RT_USING_VIRTIO", "RT_USING_VIRTIO10", "RT_USING_VIRTIO_LEGACY", "RT_USING_VIRTIO_BLK", "RT_USING_VIRTIO_CONSOLE",
            "RT_USING_VIRTIO_GPU"} <= set(chosen)
    assert chosen["RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR"] == "7"
    assert not {"RT_USING_VIRTIO_NET", "RT_USING_VIRTIO_INPUT", "RT_USING_VIRTIO_MODERN"} & set(chosen)


def test_a_stored_config_of_the_master_comes_through(tool, tmp_path):
    chosen = tool(board_package(tmp_path, lwip="y", bsp="n"), tmp_path, MASTER)
    assert {f"RT_USING_VIRTIO_{d}" for d in DEVICES} <= set(chosen)


def test_modern(tool, tmp_path):
    chosen = tool(OWN, tmp_path, "CONFIG_RT_USING_VIRTIO_MODERN=y\n")
    assert "RT_USING_VIRTIO_MODERN" in chosen and not {"RT_USING_VIRTIO_LEGACY", "RT_USING_VIRTIO10"} & set(chosen)


def test_the_packed_ring_is_the_modern_interfaces(tool, tmp_path):
    chosen = tool(OWN, tmp_path, "CONFIG_RT_USING_VIRTIO_ONLY_CHOSEN=y\n")
    assert "RT_VIRTIO_PACKED" not in chosen


# --- Kconfig and the headers -------------------------------------------------------------------------------------------

HEADERS = ["-Itestkernel/include", "-Itestkernel/arch/riscv64", "-Itestkernel/arch/common", "-Ivirtio/include",
           "-Ivirtio/rtthread/include", "-Ivirtio/rtthread"]


def compiled(defines):
    """The options as the sources see them, in a build that defines these: every macro of RT-Thread's or the core's name."""
    source = '#include <virtio/config.h>\n#include "rt_virtio_config.h"\n'
    said = subprocess.run(["gcc", "-E", "-dM", "-DTESTKERNEL_CONFIG", *HEADERS, *(f"-D{d}" for d in defines), "-"], input=source,
                          capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^#define ((?:RT_|VIRTIO_HAVE_)\w+) ?(.*)$", said, re.M))


def number(text, macros):
    """The value of a macro."""
    while re.search(r"[A-Z]", text):
        text = re.sub(r"[A-Z]\w+", lambda found: macros[found.group(0)], text)
    return eval(text.replace("/", "//"))       # of our own headers: digits and operators


@pytest.mark.parametrize("levels", (8, 32, 256))
def test_an_rtconfig_that_lacks_the_options_gets_the_defaults(tool, levels, tmp_path):
    """One that was written by hand, or for RT-Thread's own drivers."""
    chosen = tool(board_package(tmp_path, lwip="y", bsp="n", levels=levels), tmp_path, "CONFIG_RT_USING_VIRTIO=y\n")
    options = {name: value for name, value in chosen.items()
               if name.startswith("RT_VIRTIO_") or name in ("RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR", "RT_USING_VIRTIO_SHELL")}
    del options["RT_VIRTIO_CONFIGURED"]
    for name, have in (("RT_VIRTIO_PACKED", "VIRTIO_HAVE_PACKED"), ("RT_VIRTIO_EVENT_IDX", "VIRTIO_HAVE_EVENT_IDX"),
                       ("RT_VIRTIO_INDIRECT", "VIRTIO_HAVE_INDIRECT")):
        assert options.pop(name) == ""
        options[have] = "1"
    macros = compiled([f"RT_THREAD_PRIORITY_MAX={levels}", "RT_USING_VIRTIO=", "RT_USING_FINSH=", "RT_USING_LWIP="])
    assert len(options) > 20
    assert {name: value for name, value in options.items() if value == ""}.keys() <= macros.keys()
    assert ({name: number(macros[name], macros) for name, value in options.items() if value}
            == {name: int(value) for name, value in options.items() if value})
    # And the other way round: whatever the header knows is an option.
    with open("virtio/rtthread/rt_virtio_config.h") as f:
        known = re.findall(r"#define (RT_(?:USING_)?VIRTIO_\w+)(?!\w| *\n#include)", f.read())
    assert set(known) - {"RT_VIRTIO_CONFIG_H"} <= set(chosen)


@pytest.mark.parametrize("stored, have", (
    ("", (1, 1, 1, 1, 1)),
    ("CONFIG_RT_USING_VIRTIO_MODERN=y\n", (1, 1, 1, 1, 1)),
    ("CONFIG_RT_USING_VIRTIO_ONLY_CHOSEN=y\n", (1, 0, 0, 1, 1)),
    ("CONFIG_RT_USING_VIRTIO_MODERN=y\nCONFIG_RT_USING_VIRTIO_ONLY_CHOSEN=y\n", (0, 1, 1, 1, 1)),
    ("# CONFIG_RT_VIRTIO_PACKED is not set\n", (1, 1, 0, 1, 1)),
    ("# CONFIG_RT_VIRTIO_EVENT_IDX is not set\n", (1, 1, 1, 0, 1)),
    ("# CONFIG_RT_VIRTIO_INDIRECT is not set\n", (1, 1, 1, 1, 0))))
def test_what_the_core_is_told(stored, have, tmp_path):
    macros = compiled(f"{name}={value}" for name, value in frontends(OWN, tmp_path, stored).items())
    assert tuple(number(macros["VIRTIO_HAVE_" + name], macros)
                 for name in ("LEGACY", "MODERN", "PACKED", "EVENT_IDX", "INDIRECT")) == have


@pytest.mark.parametrize("version, value", (("LEGACY", 1), ("MODERN", 2)))
def test_the_version_that_board_code_looks_for(version, value):
    said = subprocess.run(["gcc", "-E", "-dM", *HEADERS, f"-DRT_USING_VIRTIO_{version}", "-include", "virtio.h", "-"], input="",
                          capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"#define RT_USING_VIRTIO_VERSION (\w+)", said).group(1), 0) == value


@pytest.mark.parametrize("cc", ("gcc", "clang"))
@pytest.mark.parametrize("defines", (("LEGACY=0",), ("MODERN=0",), ("PACKED=0", "EVENT_IDX=0", "INDIRECT=0")), ids=" ".join)
def test_the_core_compiles_without_a_warning(cc, defines, tmp_path):
    """As it is in any other system: without our header of options."""
    core = [os.path.join("virtio/core", name) for name in sorted(os.listdir("virtio/core")) if name.endswith(".c")]
    flags = ["-std=gnu99", "-pedantic", "-ffreestanding", "-O1", "-Wall", "-Wextra", "-Werror", "-Wshadow"]
    for source in core:
        subprocess.run([cc, *flags, "-Ivirtio/include", *(f"-DVIRTIO_HAVE_{d}" for d in defines), "-c", source,
                        "-o", str(tmp_path / "o.o")], check=True)


def test_no_interface_at_all_is_said():
    said = subprocess.run(["gcc", "-E", "-Ivirtio/include", "-DVIRTIO_HAVE_LEGACY=0", "-DVIRTIO_HAVE_MODERN=0", "-include",
                           "virtio/config.h", "-"], input="", capture_output=True, text=True)
    assert said.returncode != 0 and "no device could be driven" in said.stderr


def test_the_core_does_not_ask_rtthread():
    for part in ("core", "devices", "include"):
        for path, _, names in os.walk("virtio/" + part):
            for name in names:
                with open(os.path.join(path, name)) as f:
                    assert not re.search(r"^#\s*(if|elif).*\bRT_", f.read(), re.M), name


# --- .config to image --------------------------------------------------------------------------------------------------

def test_rtconfig_is_what_rtthreads_menuconfig_writes(tmp_path):
    config, header = tmp_path / "config", tmp_path / "rtconfig.h"
    config.write_text('#\n# Automatically generated\n#\nCONFIG_RT_A=y\n# CONFIG_RT_B is not set\nCONFIG_RT_C=64\nCONFIG_RT_D=0x10\n'
                      'CONFIG_RT_E="a = b"\nCONFIG_RT_F=n\n\n# A menu\n')
    run = ["tools/rtconfig.py", str(config), str(header)]
    said = subprocess.run([*run, "RT_C"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^#define (?!RT_CONFIG_MENU)(.*)$", header.read_text(), re.M) == ["RT_A", "RT_C 64", "RT_D 0x10", 'RT_E "a = b"']
    assert said.strip() == "-DRT_A= -DRT_D=0x10 '-DRT_E=\"a = b\"'"
    before = os.stat(header).st_mtime_ns
    subprocess.run(run, stdout=subprocess.DEVNULL, check=True)
    assert os.stat(header).st_mtime_ns == before


def test_an_image_follows_its_config(tmp_path):
    """One object of it: compiled with what .config says unless DEFS say otherwise, and again when that changes."""
    config = tmp_path / ".config"
    built = "build/riscv64-nonet-test-config"
    target = f"{built}/virtio/rtthread/rt_virtio_blk.c.o"

    def make(ring, *more):
        frontends(OWN, tmp_path, f"CONFIG_RT_VIRTIO_BLK_RING_SIZE={ring}\n")
        text = (tmp_path / "frontends.config").read_text()
        if not config.exists() or config.read_text() != text:
            config.write_text(text)
        return subprocess.run(["make", "-f", "tools/image.mk", "V=1", "BOARD=riscv64", "NET=0", "VARIANT=test-config",
                               f"CONFIG={config}", *more, target], capture_output=True, text=True, check=True).stdout

    subprocess.run(["rm", "-rf", built], check=True)
    assert "-DRT_VIRTIO_BLK_RING_SIZE=32 " in make(32)
    with open(f"{built}/rtconfig_menu.h") as f:
        assert "#define RT_VIRTIO_BLK_RING_SIZE 32\n" in f.read()
    assert "gcc" not in make(32)
    assert "-DRT_VIRTIO_BLK_RING_SIZE=16 " in make(16)
    said = make(16, "DEFS=-DRT_VIRTIO_BLK_RING_SIZE=8")
    assert "-DRT_VIRTIO_BLK_RING_SIZE=8 " in said and "RING_SIZE=16" not in said
    subprocess.run(["rm", "-rf", built], check=True)


def test_make_takes_the_config_that_is_there(tmp_path):
    """Not those of the tests, which are what they are; and lwIP only if it was chosen."""
    config = tmp_path / "config"
    for lwip, net in (("CONFIG_RT_USING_LWIP=y", 1), ("# CONFIG_RT_USING_LWIP is not set", 0)):
        config.write_text(lwip + "\n")

        def dry(goal):
            return subprocess.run(["make", "-n", "RT_VIRTIO_SETUP=done", goal], env={**os.environ, "CONFIG": str(config)},
                                  capture_output=True, text=True, check=True).stdout
        assert f"NET={net} " in dry("all") and f"CONFIG='{config}'" in dry("all")
        assert str(config) not in dry("guest-images")
        assert str(config) not in dry("bench").replace(f"CONFIG='{config}' CONFIG=", "")


# --- menuconfig itself -------------------------------------------------------------------------------------------------

class Terminal:
    """A program in a terminal of 100 by 40."""

    def __init__(self, command, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", **environment)
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Not every program ends when its terminal is gone; menuconfig is busy for ever then."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.close(self.fd)

    def press(self, keys, until, seconds=20):
        """Presses keys, and waits for a text on the screen (None: for the end, and its status)."""
        os.write(self.fd, keys)
        seen, text, end = b"", b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                assert until is None, f"it ended; {until!r} was to come"
                return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            seen += more
            text = re.sub(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][0-9A-B]", b"", seen)
            if until is not None and until in text:
                time.sleep(0.2)
                while select.select([self.fd], [], [], 0.1)[0]:
                    os.read(self.fd, 65536)
                return None
        raise AssertionError(f"no {until!r} on the screen: {text!r}")


ENTER, DOWN, ESC = b"\r", b"+", b"\x1b\x1b"


def test_make_menuconfig(tmp_path):
    """By hand: RT-Thread Components, Device Drivers, Using VirtIO device drivers, VirtIO Version, VirtIO Modern, save."""
    config = tmp_path / ".config"
    config.write_text("")
    with Terminal(["make", "-s", "menuconfig"], CONFIG=str(config), RT_VIRTIO_SETUP="done") as menu:
        menu.press(b"", b"RT-Thread Components")
        menu.press(ENTER, b"Device Drivers")
        menu.press(ENTER, b"Using VirtIO device drivers")
        menu.press(ENTER, b"VirtIO Version (VirtIO Legacy (v0.95))")
        menu.press(DOWN + ENTER, b"VirtIO Modern (v1.0+)")      # below the head of the menu
        menu.press(DOWN + b" ", b"VirtIO Version (VirtIO Modern (v1.0+))")
        for above in (b"Using VirtIO device drivers", b"Network", b"RT-Thread Components"):
            menu.press(ESC, above)
        menu.press(ESC, b"save")
        assert menu.press(ENTER, None) == 0
    chosen = dict(rtconfig.symbols(config))
    assert "RT_USING_VIRTIO_MODERN" in chosen and "RT_USING_VIRTIO_LEGACY" not in chosen
    assert chosen["RT_VIRTIO_BLK_RING_SIZE"] == "64"


# --- what the help texts say of costs ----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def costs(tmp_path_factory):
    program = str(tmp_path_factory.mktemp("costs") / "costs")
    private = []
    for source, name in (("rt_virtio_net.c", "BUFFER_ALIGN"), ("rt_virtio_blk.c", "BOUNCE_SECTORS_KEPT")):
        with open("virtio/rtthread/" + source) as f:
            private.append("-D" + "=".join(re.search(rf"#define ({name}) +(\w+)", f.read()).groups()))
    subprocess.run(["gcc", "-O1", "-ffunction-sections", *HEADERS, "-Itestkernel/net", "-Ibuild/lwip/source/src/include",
                    "-DRT_USING_LWIP", *private, "tests/rtthread/costs.c", "virtio/core/virtio_queue.c", "virtio/devices/virtio_net_rx.c",
                    "-Wl,--gc-sections", "-o", program], check=True)
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in (line.split() for line in said.splitlines())}


def claims(option, pattern):
    """The numbers that an option's help says, where the pattern has groups."""
    k = kconfiglib.Kconfig(OWN)
    text = re.sub(r"\s+", " ", next(node.help for node in k.syms[option].nodes if node.help))
    found = re.search(pattern, text)
    assert found, (option, pattern, text)
    return [int(group) for group in found.groups()]


def near(claimed, measured):
    assert abs(claimed - measured) <= measured / 20, (claimed, measured)


def test_costs_of_rings_and_buffers(costs):
    c = costs
    entry = c["ring"] + c["private"]
    blk, indirect, padding = claims("RT_VIRTIO_BLK_RING_SIZE", r"Each costs about (\d+) bytes, (\d+) of them .* up to (\d+) KiB")
    near(blk, entry + c["blk_slot"] + c["blk_indirect"])
    assert indirect == c["blk_indirect"] and c["padding"] <= padding * 1024
    near(claims("RT_VIRTIO_BLK_QUEUES", r"about (\d+) KiB with a ring of 64")[0] * 1024, 64 * blk)
    assert claims("RT_VIRTIO_INDIRECT", r"Costs (\d+) bytes for each entry of a disk's ring, and (\d+) for each of a transmit ring") \
        == [c["blk_indirect"], c["net_tx_indirect"]]

    rx, merging = claims("RT_VIRTIO_NET_RX_RING_SIZE", r"Each costs about (\d+) bytes, or about (\d+) where")
    near(rx, c["net_rx"] + c["net_buffer"])
    near(merging, c["net_rx"] + c["net_buffer_merging"])
    assert claims("RT_VIRTIO_NET_MERGE", r"buffers are (\d+) bytes then") == [c["net_buffer_merging"]]
    tx, = claims("RT_VIRTIO_NET_TX_RING_SIZE", r"Each costs about (\d+) bytes")
    near(tx, c["net_tx"])
    pair, more = claims("RT_VIRTIO_NET_PAIRS", r"Each costs about (\d+) KiB with rings of 64, and (\d+) KiB more")
    near(pair * 1024, 64 * (rx + tx))
    assert more * 1024 == 64 * (c["net_buffer_merging"] - c["net_buffer"])

    of_a_buffer, = claims("RT_VIRTIO_CONSOLE_BUFFERS", r"Each costs its bytes and about (\d+) more")
    near(of_a_buffer, c["console_buffer"])
    near(claims("RT_USING_VIRTIO_CONSOLE_PORT_MAX_NR", r"about (\d+) KiB with 16 buffers of 1024")[0] * 1024,
         c["console_port"] + 2 * 16 * (1024 + c["console_buffer"]))

    event, padding = claims("RT_VIRTIO_INPUT_RING_SIZE", r"about (\d+) bytes, .* up to (\d+) KiB")
    near(event, c["input_event"])
    assert c["padding"] <= padding * 1024
    assert claims("RT_VIRTIO_INPUT_FIFO_SIZE", r"Each costs (\d+) bytes") == [c["input_record"]]

    assert claims("RT_VIRTIO_GPU_BUFFERS", r"Each costs (\d) bytes a pixel: (\d+) KiB") == [c["gpu_pixel"], c["gpu_picture"] // 1024]
    assert claims("RT_USING_VIRTIO_BOUNCE", r"(\d+) bytes for each disk") == [c["blk_bounce"]]


def test_costs_of_features(tmp_path):
    """In the core's code for riscv64."""
    core = [os.path.join("virtio/core", name) for name in sorted(os.listdir("virtio/core")) if name.endswith(".c")]

    def code(*defines):
        for source in core:
            subprocess.run(["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-march=rv64imac_zicsr", "-mabi=lp64", "-mcmodel=medany",
                            "-std=gnu99", "-O2", "-ffunction-sections", "-Ivirtio/include", *(f"-DVIRTIO_HAVE_{d}" for d in defines),
                            "-c", source, "-o", str(tmp_path / (os.path.basename(source) + ".o"))], check=True)
        said = subprocess.run(["riscv64-unknown-elf-size", *(str(o) for o in tmp_path.glob("*.o"))], capture_output=True, text=True,
                              check=True).stdout
        return sum(int(line.split()[0]) for line in said.splitlines()[1:])

    everything = code()
    for name in ("EVENT_IDX", "PACKED"):
        claimed, = claims("RT_VIRTIO_" + name, r"about (\d+) bytes of code")
        saved = everything - code(name + "=0")
        assert abs(saved - claimed) <= claimed / 4, (name, saved)
