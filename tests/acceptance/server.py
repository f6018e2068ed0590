"""A small server for the tests of services, and its client: `server.py serve`, `server.py WORD`."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

PLACE = ("127.0.0.1", int(os.environ["SUREFOOT_PORT_DB"]))


def serve() -> None:
    """Answer each word with how many there have been, and the number of the lane."""
    time.sleep(float(os.environ.get("DELAY", "0")))
    count = 0
    with socket.create_server(PLACE) as server:
        server.settimeout(0.02)
        while not Path(os.environ["SUREFOOT_MEETING"], "fall").exists():
            try:
                line = server.accept()[0]
            except TimeoutError:
                continue
            with line:
                word = line.recv(1000).decode()
                sys.stdout.write(f"asked {word}\n")
                sys.stdout.flush()
                count += word != "ping"
                if word == "die":
                    os._exit(3)
                line.sendall(f"{count} in lane {os.environ['SUREFOOT_LANE']}\n".encode())
    Path(os.environ["SUREFOOT_MEETING"], "fallen").touch()


def ask(word: str) -> None:
    """Say a word and print the answer; fail if there is none."""
    with socket.create_connection(PLACE, timeout=10) as line:
        line.sendall(word.encode())
        answer = line.recv(1000).decode()
    sys.stdout.write(answer)
    sys.exit(0 if answer else 1)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else ask(sys.argv[1])
