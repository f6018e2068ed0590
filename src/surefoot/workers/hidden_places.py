"""The places a command cannot read: secret places of the home, Surefoot's own home, plans with held-back checks.

A step opens a secret place with `reads: ~/…` or a variable in `env_from` that names it; the network opens the files
that configure installers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from surefoot.core.plan import Step
from surefoot.sandbox import NAMED_BY, hidden_places, home_of, secret_places
from surefoot.workers.run_context import RunContext


def hidden_from(context: RunContext, opened: Iterable[Path]) -> tuple[Path, ...]:
    """Return the places that are hidden from a command; Surefoot's own home, with all journals, is always one."""
    places = (*hidden_places(secret_places(context.environ, context.hidden), opened), context.folder.parent.parent)
    return (*places, *_plan_files(context)) if context.holds_back_checks else places


def _plan_files(context: RunContext) -> Iterator[Path]:
    """Yield the plan file and what lies beside it under the same name, such as a copy that an editor made."""
    if context.created is None or context.created.plan_path is None:
        return
    named = Path(context.created.plan_path)
    for path in {named, named.resolve()}:
        yield path
        with suppress(OSError):
            yield from (other for other in path.parent.iterdir() if _is_copy(other.name, path.name))


def _is_copy(other: str, name: str) -> bool:
    """Tell whether a file is called as editors call copies: `plan.yaml~`, `.plan.yaml.swp`, `#plan.yaml#`."""
    bare, rest = name.lstrip(".#"), other.lstrip(".#")
    return rest.startswith(bare) and not rest[len(bare) :][:1].isalnum()


def opened_by(context: RunContext, step: Step) -> tuple[Path, ...]:
    """Return what the body of a step may read of the home.

    Raises:
        LookupError: one of the places it declares is not there; the message says which and what to do.
    """
    home = home_of(context.environ)
    declared = {word: home / word.removeprefix("~/") for word in step.home}
    for word, path in declared.items():
        if not path.exists():
            raise LookupError(f"reads: there is no {word} in the home {home}; make it, or take it out of `reads`")
    named = (context.environ.get(name, "").split(":") for name in step.env_from if name in NAMED_BY)
    paths = (Path(value) for values in named for value in values if value.startswith("/"))
    return (*declared.values(), *(path for path in paths if path.exists()))


@contextmanager
def linked_in(scratch: Path, context: RunContext, opened: Iterable[Path]) -> Generator[None]:
    """Let what is opened be found in the scratch home, too, where most programs look for it, as long as this lasts."""
    home, made = home_of(context.environ), list[Path]()
    try:
        for path in opened:
            place = scratch / path.relative_to(home) if path.is_relative_to(home) else scratch
            if not place.is_symlink() and not place.exists():
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                place.symlink_to(path)
                made.append(place)
        yield
    finally:
        for place in made:
            # The command may have put something else there.
            if place.is_symlink():
                place.unlink()
            with suppress(OSError):
                place.parent.rmdir()
