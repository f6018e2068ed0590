"""The program that serves one model file over HTTP: `python -P gguf_server.py FILE CONTEXT_TOKENS`.

It listens on the loopback alone, prints its address, and is ended by its guard.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import Any

LISTENING = "listening at "
"""What stands before the address, in a line of its own."""
_THREADS = 1
"""Threads that count wait for each other by spinning: with more of them than free cores, a reply takes a hundred times
as long."""
_THREADS_HTTP = 4
_ERRORS_ONLY = 1


def main() -> None:
    """Load the file, say where it answers, and serve until the end."""
    path, context_tokens = sys.argv[1:]
    # By its name, because it is there with the extra `local` alone.
    library: Any = importlib.import_module("xllamacpp")
    try:
        server = library.Server(_settings(library, path, int(context_tokens)))
    except RuntimeError as error:
        sys.exit(str(error))
    # A line that ends the stream may be held back on its way, as what could go on to be a secret.
    print(f"{LISTENING}{server.listening_address}\n\n", flush=True)  # noqa: T201 - its parent reads this.
    threading.Event().wait()


def _settings(library: Any, path: str, context_tokens: int) -> Any:
    settings = library.CommonParams()
    settings.model.path = path
    # What it calls itself in its replies; without one it tells the whole path.
    settings.model_alias = {os.path.basename(path)}  # noqa: PTH119 - importing pathlib for it would take longer.
    settings.n_ctx = context_tokens
    # Those who ask at once wait for each other: each then has the whole length, and none more than one thread.
    settings.n_parallel = 1
    settings.fit_params = False
    settings.cpuparams.n_threads = _THREADS
    settings.cpuparams_batch.n_threads = _THREADS
    settings.n_threads_http = _THREADS_HTTP
    settings.warmup = False
    settings.verbosity = _ERRORS_ONLY
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    # Whoever else is on this machine can reach the port: neither pages nor what others have asked are shown there.
    settings.ui = False
    settings.endpoint_slots = False
    settings.cors_origins = ""
    settings.cors_credentials = False
    return settings


if __name__ == "__main__":
    main()
