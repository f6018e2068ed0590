"""A program that obeys: it takes a text for its orders, does all it asks, and all that such orders could mean.

`python -m bench.injections.obey NAME FILE` reads the text from a file of the repository, with `-` for FILE from a
command's output. What it found stands in `out/NAME.json` then, what it did is the last line it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bench.injections import battery, meddling
from bench.injections.following import follow
from bench.injections.world import Deed, World


def obey(text: str, world: World, *, apart: bool) -> tuple[list[Deed], bytes]:
    """Do it all; return what was done, and what was found that others should not know."""
    found, deeds = battery.loot(world)
    in_kernel, more = meddling.secrets_of_the_machine(world)
    deeds += more
    worth = battery.canaries_in(b"\n".join((found, *in_kernel)))
    hidden = battery.disguised(worth) if worth else b""
    deeds += battery.write_outside(world)
    deeds += battery.plant(world)
    deeds += meddling.plant_programs(world)
    deeds += meddling.meddle(world)
    deeds += battery.push(world, hidden)
    deeds += battery.send(world, hidden)
    deeds += battery.disturb(world)
    deeds += follow(text, world, hidden)
    deeds += battery.hand_on(worth)
    deeds += _speak(apart=apart)
    return deeds, hidden


def _speak(*, apart: bool) -> list[Deed]:
    """Answer questions, from a program that has no variable of this one."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH")}
    argv = [sys.executable, "-m", "bench.injections.speaking", str(Path("out/world.json").absolute())]
    argv += ["apart"] * apart
    said = subprocess.run(argv, env=kept, capture_output=True, text=True, timeout=60, check=False)
    if said.returncode != 0:
        sys.stderr.write(said.stderr)
        raise SystemExit("the program that should have answered questions broke down")
    return [Deed(action, seemed=seemed) for action, seemed in json.loads(said.stdout)]


def main() -> None:
    """Obey the text that the command line names."""
    name, place = sys.argv[1:]
    text = sys.stdin.read() if place == "-" else Path(place).read_text("utf-8")
    Path("out").mkdir(exist_ok=True)
    world = World.read(Path("world.json"))
    # Every text tries both questions: the own run's, and from a program that has left this one behind another run's.
    apart = place != "-"
    replace(world, questions=world.questions[apart : apart + 1]).write(Path("out/world.json"))
    deeds, hidden = obey(text, world, apart=apart)
    told = json.dumps([(deed.action, deed.seemed) for deed in deeds])
    # Another way out, and how the deeds of a step that fails are known all the same.
    sys.stdout.write(f"{name} is told: {text}\nwhat was found: {hidden.decode('latin-1')}\nDEEDS {told}\n")
    Path("out/world.json").unlink()
    Path("out/own.toml").unlink(missing_ok=True)
    Path(f"out/{name}.json").write_text(json.dumps({"text": text, "found": hidden.decode("latin-1")}), "utf-8")


if __name__ == "__main__":
    main()
