"""Rewrite one Python file with pyupgrade and flynt; fail if they find nothing they can change.

Usage: `modernise.py FILE`. Exit status 0: changed; 1: unchanged, so that somebody has to look; else a tool failed.
"""

import subprocess
import sys
from pathlib import Path


def main(name: str) -> int:
    """Run both tools over the file and tell whether it is another one now."""
    before = Path(name).read_bytes()
    subprocess.run(["pyupgrade", "--py38-plus", "--exit-zero-even-if-changed", name], check=True)
    subprocess.run(["flynt", "--quiet", name], check=True)
    if Path(name).read_bytes() == before:
        print(f"{name}: neither pyupgrade nor flynt can change this file; change it by hand", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
