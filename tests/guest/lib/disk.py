# SPDX-License-Identifier: Apache-2.0
"""Disk images on the host: making them, attaching them, and the pattern that the guest's `blk fill` writes."""

import json
import os
import random
import struct
import zlib

import qemu

MIB = 1 << 20


def make(path, size=64 * MIB, seed=None):
    """A sparse image; with a seed, of random contents in its first 8 MiB and its last 1 MiB."""
    path = str(path)
    with open(path, "wb") as f:
        f.truncate(size)
        if seed is not None:
            random_bytes = random.Random(seed).randbytes
            f.write(random_bytes(min(8 * MIB, size)))
            f.seek(max(size - MIB, 0))
            f.write(random_bytes(min(MIB, size)))
    return path


def read(path, first, count, sector=512):
    with open(path, "rb") as f:
        f.seek(first * sector)
        return f.read(count * sector)


def crc(path, first, count, sector=512):
    """What `blk crc NAME FIRST COUNT` prints if guest and host agree."""
    return "crc32 %08x" % zlib.crc32(read(path, first, count, sector))


def allocated(path):
    """Bytes that the host's file system holds for the image."""
    return os.stat(path).st_blocks * 512


def pattern(first, count, seed, sector=512):
    """The contents that `blk fill NAME FIRST COUNT SEED` gives to these sectors."""
    mask = 0xFFFFFFFF
    words = [i * 0xC2B2AE3D & mask for i in range(sector // 4)]
    out = []
    for s in range(first, first + count):
        base = (seed * 0x9E3779B1 ^ s * 0x85EBCA77 ^ s >> 32) & mask
        for w in words:
            x = base ^ w
            x ^= x >> 15
            x = x * 0x2C1B3C6D & mask
            out.append(x ^ x >> 12)
    return struct.pack(f"<{len(out)}I", *out)


def node(path, name="d0", filters=(), **options):
    """-blockdev for an image as the node `name`. `filters`: nodes (dicts) to put below it, the innermost first."""
    chain = {"driver": "file", "filename": path, "discard": "unmap", "node-name": name + "-file"}
    key = "file"
    for f in filters:
        chain = {**f, ("image" if f["driver"] == "blkdebug" else "file"): chain}
    return ["-blockdev", json.dumps({"driver": "raw", "node-name": name, "discard": "unmap", **options, key: chain})]


def attach(path, options="", slot=0, name="d0", filters=(), **node_options):
    """The arguments that make an image a virtio-blk device in the window number `slot`; `options`: of the device."""
    return (node(path, name, filters, **node_options)
            + qemu.on_bus("virtio-blk-device", slot, f"drive={name}" + (options and "," + options)))
