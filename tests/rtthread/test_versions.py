# SPDX-License-Identifier: Apache-2.0
"""The component compiles in every RT-Thread that it is for, and uses nothing that one of them lacks.

RT-Thread is not here. versions/ declares what the component uses of it, in the form that each version gives it; what a
version lacks is not declared, and using it is an error then.
"""

import glob
import itertools
import os
import re
import subprocess

import pytest

DECLARED = "tests/rtthread/versions"
LWIP = "build/lwip/source/src/include"
PICOLIBC = "/usr/lib/picolibc"
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
STRICT = ["-std=gnu99", "-pedantic", "-ffreestanding", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes"]

RV64 = ["-march=rv64imac", "-mabi=lp64", "-mcmodel=medany"]
RV32 = ["-march=rv32imac", "-mabi=ilp32"]
RISCV_LIBC = ["-isystem", f"{PICOLIBC}/riscv64-unknown-elf/include"]
TOOLCHAINS = {
    "gcc-riscv64": ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", *RV64],
    "gcc-aarch64": ["aarch64-linux-gnu-gcc", "--specs=picolibc.specs", "-march=armv8-a", "-mno-outline-atomics"],
    # Where rt_uint32_t and uint32_t can be two types. A GCC for Arm has this in common with it, and is a large package.
    "gcc-rv32": ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-misa-spec=2.2", *RV32],
    "clang-riscv64": ["clang", "--target=riscv64-unknown-elf", *RV64, *RISCV_LIBC],
    "clang-aarch64": ["clang", "--target=aarch64-none-elf", "-mno-outline-atomics", "-isystem",
                      f"{PICOLIBC}/aarch64-linux-gnu/include"],
    "clang-rv32": ["clang", "--target=riscv32-unknown-elf", *RV32, *RISCV_LIBC],
    "clang-armv7": ["clang", "--target=armv7a-none-eabi", "-mfloat-abi=soft", *RISCV_LIBC],
}

# What can differ, and the arguments for it. The first of each is the plainest. Four toolchains see everything: both
# compilers, 32 and 64 bits, one for each processor.
OPTIONS = {
    "toolchain": {name: TOOLCHAINS[name] for name in ("gcc-riscv64", "gcc-rv32", "clang-aarch64", "clang-armv7")},
    "version": {v: [f"-DDECLARED_VERSION={v}"] for v in ("50201", "40100", "50000", "50100", "50300")},
    "ops": {"ops": ["-DRT_USING_DEVICE_OPS"], "noops": []},
    "smp": {"up": [], "smp": ["-DRT_USING_SMP", "-DRT_CPUS_NR=4"]},
    "cache": {"nocache": [], "cache": ["-DRT_USING_CACHE"]},
    "smart": {"flat": [], "smart": ["-DRT_USING_SMART"], "bounce": ["-DRT_USING_VIRTIO_BOUNCE"]},
    "names": {"16": [], "8": ["-DRT_NAME_MAX=8"], "0": ["-DRT_NAME_MAX=0"], "32": ["-DRT_NAME_MAX=32"]},
    "posix": {"nofiles": [], "files": ["-DRT_USING_POSIX_DEVIO", "-DRT_USING_POSIX_STDIO"]},
    "netdev": {"nonetdev": [], "netdev": ["-DRT_USING_NETDEV"]},
    "lwip": {"2.1": [], "2.0.3": ["-I", f"{DECLARED}/lwip-2.0.3"], "2.2": ["-I", f"{DECLARED}/lwip-2.2"],
             "2.1full": ["-DDECLARED_LWIP_FULL"],
             "2.0.3full": ["-I", f"{DECLARED}/lwip-2.0.3", "-DDECLARED_LWIP_FULL"]},
    "threads": {"erx": [], "nothreads": ["-DLWIP_NO_RX_THREAD", "-DLWIP_NO_TX_THREAD"]},
    "shell": {"finsh": ["-DRT_USING_FINSH"], "noshell": []},
    "touch": {"touch": ["-DRT_USING_TOUCH"], "pin": ["-DRT_USING_TOUCH", "-DRT_TOUCH_PIN_IRQ"], "notouch": []},
    "libc": {"nolibc": [], "libc": ["-DRT_USING_LIBC", "-DDECLARED_STDLIB"]},
}


def exists(combination):
    """Is there such an RT-Thread?"""
    version = int(combination.get("version", 50300))
    bits = combination.get("toolchain", "64")[-2:]
    if combination.get("smart") == "smart" and (version < 50000 or bits in ("32", "v7")):
        return False
    if combination.get("names") == "0" and version < 50100:
        return False
    return not (combination.get("libc") == "libc" and version < 50000)


def pairs_of(combination):
    return set(itertools.combinations(sorted(combination.items()), 2))


def combinations():
    """Few combinations of options that have every two choices together somewhere. The same ones each time."""
    wanted = [pair for a, b in itertools.combinations(sorted(OPTIONS), 2)
              for pair in itertools.product(((a, x) for x in OPTIONS[a]), ((b, y) for y in OPTIONS[b]))
              if exists(dict(pair))]
    missing = set(wanted)
    found = [{option: next(iter(choices)) for option, choices in OPTIONS.items()}]
    missing -= pairs_of(found[0])
    for first in wanted:
        if first not in missing:
            continue
        combination = dict(first)
        for option, choices in sorted(OPTIONS.items(), key=lambda item: -len(item[1])):
            if option not in combination:
                possible = [{**combination, option: choice} for choice in choices]
                possible = [c for c in possible if exists(c)]
                combination = max(possible, key=lambda c: len(pairs_of(c) & missing))
        missing -= pairs_of(combination)
        found.append(combination)
    assert not missing
    return found


def includes():
    return ["-I", "virtio/include", "-I", "virtio/rtthread/include", "-I", "virtio/rtthread", "-I", DECLARED, "-I",
            "tests/rtthread/include", "-isystem", LWIP]


def arguments(combination):
    command = list(TOOLCHAINS[combination["toolchain"]])
    for option, choices in OPTIONS.items():
        if option != "toolchain":
            command += choices[combination[option]]
    return command


def sources(*where):
    found = sorted(name for pattern in where for name in glob.glob(pattern))
    assert found
    return found


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, " ".join(command) + "\n" + done.stderr[-6000:]
    return done.stdout


COMBINATIONS = combinations()


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda c: "-".join(c[option] for option in OPTIONS))
def test_binding_compiles(combination):
    run([*arguments(combination), "-fsyntax-only", *WARNINGS, *includes(),
         *sources("virtio/rtthread/*.c", "bsp/*/*.c")])


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_core_compiles(toolchain, tmp_path):
    """It does not know RT-Thread, so once is enough, and with code, for the barriers and accesses."""
    for name in sources("virtio/core/*.c", "virtio/devices/*.c"):
        run([*TOOLCHAINS[toolchain], "-O2", *WARNINGS, *STRICT, "-Ivirtio/include", "-c", name, "-o",
             str(tmp_path / "object.o")])


# Of the C library; RT-Thread has these of its own if it is built without one.
LIBC = {"memcpy", "memset", "memcmp", "memmove", "strlen", "strcmp", "strncmp", "strchr", "strncpy", "atoi", "strtol",
        "strtoul", "strtoull"}
# Of the compiler's: arithmetic that 32-bit machines have no instruction for.
HELPERS = re.compile(r"__(aeabi_|u?div|u?mod|mul|ashl|ashr|lshr|clz|ctz|ffs|bswap|popcount)\w*$")
LINKED = {
    "gcc-aarch64": {"version": "50100", "smart": "smart", "netdev": "netdev", "lwip": "2.1full"},
    "gcc-rv32": {"version": "50000", "ops": "noops", "names": "8"},
    "clang-riscv64": {"version": "40100", "threads": "nothreads", "smp": "smp"},
}


@pytest.mark.parametrize("toolchain", LINKED)
def test_nothing_else_is_linked(toolchain, tmp_path):
    """With code: what the compiler adds has to be there, too, and -O2 warns of more."""
    combination = {**COMBINATIONS[0], **LINKED[toolchain], "toolchain": toolchain}
    objects = []
    for name in sources("virtio/rtthread/*.c", "bsp/qemu-virt64-riscv/*.c"):
        objects.append(str(tmp_path / (os.path.basename(name) + ".o")))
        run([*arguments(combination), "-O2", *WARNINGS, *includes(), "-c", name, "-o", objects[-1]])
    declared = set()
    for name in sources(f"{DECLARED}/*.h", f"{DECLARED}/*/*.h", "tests/rtthread/include/*.h",
                        "tests/rtthread/include/*/*.h", "virtio/include/virtio/*.h"):
        with open(name) as f:
            declared |= set(re.findall(r"\b(\w+)\(", f.read()))
    for name in sources(f"{LWIP}/lwip/*.h"):
        with open(name) as f:
            declared |= set(re.findall(r"\b(\w+)\s*\(", f.read()))
    declared |= {"netif_default", "netif_list", "ip_data", "ip6_addr_any"}  # variables, as are names of feature bits
    declared |= {f"virtio_{name}_features" for name in ("blk", "net", "console", "input", "gpu", "transport")}
    symbols = run(["nm", "-P", *objects]) if not toolchain.startswith("gcc-") else \
        run([TOOLCHAINS[toolchain][0].replace("-gcc", "-nm"), "-P", *objects])
    defined, undefined = set(), set()
    for line in symbols.splitlines():
        fields = line.split()
        if len(fields) > 1:
            (undefined if fields[1] in "Uwv" else defined).add(fields[0])
    assert "rt_virtio_scan" in defined and "rt_kprintf" in undefined
    unknown = {name for name in undefined - defined - declared - LIBC if not HELPERS.match(name)}
    assert not unknown, unknown
