"""Run every test, the slow ones included, and write the result to docs/internals/test-all.md.

Arguments are passed on to pytest. What fails is run once more, alone, and the page tells it apart: a test that failed
for the load of the others is no fault of the program, and still one to look at. The exit status is that of the last.
"""

import platform
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUNIT = ROOT / "build" / "test-all.xml"
AGAIN = ROOT / "build" / "test-all-again.xml"
PAGE = ROOT / "docs" / "internals" / "test-all.md"


def commit_under_test() -> str:
    """The commit, and whether the tree differs from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip() or "unknown"


def counted(junit: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """How the tests of each folder ended, and the names of those that did not pass."""
    folders: dict[str, Counter[str]] = {}
    names: list[str] = []
    # The file was written by our own pytest a moment ago.
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314
        where = case.get("classname", "").split(".")
        ended = next((child.tag for child in case if child.tag in {"failure", "error", "skipped"}), "passed")
        folders.setdefault("/".join(where[:2]), Counter())[ended] += 1
        if ended != "passed":
            names.append(f"- {ended}: `{'.'.join(where)}::{case.get('name')}`")
    return folders, names


def failed(junit: Path) -> list[str]:
    """The tests that failed, as pytest takes them."""
    found: list[str] = []
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314
        if any(child.tag in {"failure", "error"} for child in case):
            names = case.get("classname", "").split(".")
            size = next(at for at in range(len(names), 0, -1) if (ROOT / f"{'/'.join(names[:at])}.py").exists())
            found.append("::".join([f"{'/'.join(names[:size])}.py", *names[size:], case.get("name", "")]))
    return found


def page(passed: bool, duration_s: float) -> str:  # noqa: FBT001 - it is the one thing that the page is about
    """The page's text."""
    folders, names = counted(JUNIT)
    failed_again = counted(AGAIN)[1] if AGAIN.exists() else names
    passed_alone = [name for name in names if not name.startswith("- skipped") and name not in failed_again]
    names = [name for name in names if name not in passed_alone]
    rows = [
        f"| `{folder}` | {ends['passed']} | {ends['failure'] + ends['error']} | {ends['skipped']} |"
        for folder, ends in sorted(folders.items())
    ]
    lines = [
        "# The last result of `make test-all`",
        "",
        "Written by `scripts/test_all.py`: `make test`, more of the crash matrix, the soak, the real migrations.",
        "",
        f"- Result: **{'passed' if passed else 'FAILED'}**",
        f"- Commit: `{commit_under_test()}`",
        f"- When: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, in {duration_s / 60:.0f} min {duration_s % 60:.0f} s",
        f"- Where: {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "",
        "| folder | passed | failed | skipped |",
        "|---|---|---|---|",
        *rows,
    ]
    if passed_alone:
        lines += ["", "Failed, and passed when run once more, alone:", "", *passed_alone]
    return "\n".join([*lines, *(["", "Not passed:", "", *names] if names else [])]) + "\n"


def main(arguments: list[str]) -> int:
    """Run pytest and write the page, whatever the result."""
    JUNIT.parent.mkdir(exist_ok=True)
    JUNIT.unlink(missing_ok=True)
    AGAIN.unlink(missing_ok=True)
    begun = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "not model and not agents",
        "--hypothesis-profile=searching",
    ]
    code = subprocess.run([*command, f"--junitxml={JUNIT}", *arguments], check=False, cwd=ROOT).returncode
    if code == 1:  # some tests failed, and nothing else went wrong
        command += ["-p", "no:xdist", f"--junitxml={AGAIN}", *failed(JUNIT)]
        code = subprocess.run(command, check=False, cwd=ROOT).returncode
    if JUNIT.exists():
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(code == 0, time.monotonic() - begun), encoding="utf-8")
        print(f"The result is in {PAGE.relative_to(ROOT)}.")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
