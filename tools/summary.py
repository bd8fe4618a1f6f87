# SPDX-License-Identifier: Apache-2.0
"""`make test`'s last line: summary.py HOST_SUMMARY JUNIT... A part that left no result counts as one failure.

HOST_SUMMARY has a line `N passed, N failed`, with or without `, N skipped`.
"""

import re
import sys
import xml.etree.ElementTree as xml


def host(path):
    with open(path) as f:
        numbers = re.findall(r"(\d+) (passed|failed|skipped)", f.read())
    counts = {word: int(n) for n, word in numbers}
    return counts["passed"], counts["failed"], counts.get("skipped", 0)


def junit(path):
    passed = failed = skipped = 0
    for suite in xml.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        passed += int(suite.get("tests")) - bad - int(suite.get("skipped"))
        failed += bad
        skipped += int(suite.get("skipped"))
    return passed, failed, skipped


def main():
    total = [0, 0, 0]
    for path in sys.argv[1:]:
        read = junit if path.endswith(".xml") else host
        try:
            part = read(path)
        except (OSError, KeyError, TypeError, ValueError, xml.ParseError):
            print(f"There are no results of tests in {path}.")
            part = (0, 1, 0)
        if not any(part):
            part = (0, 1, 0)
        total = [a + b for a, b in zip(total, part)]
    print("{} passed, {} failed, {} skipped".format(*total))
    sys.exit(1 if total[1] else 0)


main()
