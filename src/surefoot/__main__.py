"""Run the command line with `python -m surefoot`.

Owns nothing. Must never do anything when it is imported. Read `surefoot.cli` next.
"""

import sys

from surefoot.cli import main

if __name__ == "__main__":
    sys.exit(main())
