"""Write constraints.txt, what pip reads where uv cannot run, from uv.lock. `make lock` calls it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# The versions of uv.lock, for pip. Made by `make lock`.\n"


def main() -> None:
    """Export every extra and every group, without the project itself."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "export",
        "--frozen",
        "--quiet",
        "--all-extras",
        "--all-groups",
        "--no-hashes",
    ]
    command += ["--no-emit-project", "--no-header", "--no-annotate"]
    versions = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    (ROOT / "constraints.txt").write_text(HEADER + versions, encoding="utf-8")


if __name__ == "__main__":
    main()
