#!/usr/bin/env bash
# Make .venv with Surefoot (editable) and its tools, at the locked versions: by uv, or by pip where uv fails.
set -eu
python=${1:-python3}
cd "$(dirname "$0")/.."

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Surefoot needs Python 3.11 or newer; '$python' is none. Name one that is: make setup PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip'; then
    echo "'$python' cannot make virtual environments. On Debian: apt install python3-venv" >&2
    exit 1
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
# An activated environment, or one that an uv of the user's points to, is not the one to be filled.
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT
echo "Setting up .venv; the first time takes a minute or two."
.venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
if .venv/bin/python -m pip install --quiet --constraint constraints.txt uv &&
    UV_PYTHON_DOWNLOADS=never .venv/bin/python -m uv sync --quiet --locked --compile-bytecode --python .venv/bin/python; then
    exit 0
fi
echo "uv did not work here; going on with pip and constraints.txt."
.venv/bin/python -m pip install --quiet --constraint constraints.txt --group dev --editable .
