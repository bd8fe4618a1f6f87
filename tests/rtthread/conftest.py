# SPDX-License-Identifier: Apache-2.0
"""Tests that need no guest: the component as a part of RT-Thread (options, versions, installation) and the documents."""

import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.dirname(__file__), os.path.join(ROOT, "tools")]


def pytest_configure(config):
    os.chdir(ROOT)
