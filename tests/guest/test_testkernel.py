# SPDX-License-Identifier: Apache-2.0
"""The test kernel itself: its objects, and that what goes wrong in it is seen."""

import re

import pytest


@pytest.mark.parametrize("smp", (1, 4))
def test_objects(own, boot, smp):
    guest = boot(smp=smp)
    said = guest.cmd("testkernel ipc", 60)
    assert "FAIL" not in said and re.search(r"\bPASS\b", said), said


@pytest.mark.parametrize("smp", (1, 4))
@pytest.mark.parametrize("accident, thread", (("fault", "tshell"), ("stack", "overflow"), ("heap", "tshell"), ("assert", "tshell")),
                         ids=("fault", "stack", "heap", "assert"))
def test_accident(own, boot, smp, accident, thread):
    """A fault, a stack overflow, a heap corruption and an assertion end QEMU with a failing status and name the thread."""
    guest = boot(smp=smp)
    guest.misbehaves = True
    start = guest.here()
    guest.send("testkernel " + accident)
    assert guest.wait_exit() != 0
    said = guest.console[start:].decode(errors="replace")
    assert re.search(rf"^thread:? {thread}[:,]", said.replace("\r", ""), re.M), said
