"""Rewrite one Python file as `modernise.py` does, but break two of the files on the way.

For the plan that shows what happens to wrong work: one of the two files still compiles and fails its tests, the other
does not compile any more. Usage: `modernise_wrong.py FILE`.
"""

import subprocess
import sys
from pathlib import Path

FAULTS = {
    # Compiles, but no statement is ever indented any more: the tests notice.
    "sqlparse/filters/reindent.py": ("f'_process_{", "f'_proces_{"),
    # A closing quote is lost: this is no Python.
    "sqlparse/formatter.py": ("{kwcase!r}')", "{kwcase!r})"),
}


def main(name: str) -> int:
    """Do the right thing first, then plant the fault that is meant for this file."""
    subprocess.run([sys.executable, str(Path(__file__).with_name("modernise.py")), name], check=True)
    if name in FAULTS:
        right, wrong = FAULTS[name]
        path = Path(name)
        source = path.read_text(encoding="utf-8")
        if right not in source:
            sys.exit(f"{name} does not hold {right!r}, where the fault belongs. Is this sqlparse 0.4.4?")
        path.write_text(source.replace(right, wrong), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
