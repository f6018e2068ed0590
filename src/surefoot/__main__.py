"""Run the command line with `python -m surefoot`.

Owns nothing.
"""

import sys

from surefoot.cli import main

if __name__ == "__main__":
    sys.exit(main())
