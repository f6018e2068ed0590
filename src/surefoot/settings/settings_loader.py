"""The two settings files as one, and the variables of the environment that stand above their keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from surefoot.core.event_words import Diagnosis
from surefoot.core.ladder_table import Ladders, Rung, bounded
from surefoot.core.monitor_table import Watches
from surefoot.core.plan_keys import defaults_of
from surefoot.core.policy_types import Policy
from surefoot.core.sample_rates import SampleRates
from surefoot.errors import ConfigInvalid
from surefoot.planfile.fields import Page
from surefoot.planfile.tree import Flaw, Items, Kind, Place, Scalar, Table, Tree, problems_of, text_of
from surefoot.settings.lane_limits import LaneLimits
from surefoot.settings.setting_readers import Values, read_sections
from surefoot.settings.setting_records import ModelSettings, Places, Reminders, RunSettings, Settings, Source, Workers
from surefoot.settings.setting_table import CHAINS, SECTIONS
from surefoot.settings.toml import read_toml

FILE_NAME = "surefoot.toml"


def user_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return the user's settings file: `$SUREFOOT_CONFIG`, or the one below `$XDG_CONFIG_HOME`; it may be missing."""
    env = os.environ if environ is None else environ
    if env.get("SUREFOOT_CONFIG"):
        return Path(env["SUREFOOT_CONFIG"]).absolute()
    folder = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".config")
    return Path(folder).absolute() / "surefoot" / FILE_NAME


def load_settings(project: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the user's settings and those of a project, whose root is given; files that are missing say nothing.

    Raises:
        ConfigInvalid: a file cannot be read or says what cannot be; `facts["problems"]` names each flaw with its place.
    """
    own_file = user_file(environ)
    own, theirs = _read_file(own_file), dict[str, Any]()
    policy = own.get("policy", {})
    is_trusted = project is not None and any(
        project.resolve() == Path(folder).expanduser().resolve() for folder in policy.get("trust", ())
    )
    sources = [Source(file=str(own_file), rules=policy.get("rules", ()), may_lower=True)]
    if project is not None and (theirs_file := project.absolute() / FILE_NAME) != own_file:
        theirs = _read_file(theirs_file, is_project=True, is_trusted=is_trusted)
        rules = theirs.get("policy", {}).get("rules", ())
        sources.append(Source(file=str(theirs_file), rules=rules, may_lower=is_trusted))
    sources = [source for source in sources if source.rules]

    def together(name: str) -> dict[str, Any]:
        """Return the values of a section, with those of the project's file as far as it may."""
        ours = own.get(name, {})
        usual = {**defaults_of(SECTIONS[name].type), **ours}
        rows = {row.key.fills: row.project for row in SECTIONS[name].rows}
        both = {
            field: rows[field].of_both(usual.get(field), value, is_trusted=is_trusted)
            for field, value in theirs.get(name, {}).items()
        }
        return {**ours, **both}

    models = ModelSettings(endpoints=own.get("providers", {}), prices=own.get("prices", {}))
    return Settings(
        policy=Policy(
            own=tuple(rule for source in sources if source.may_lower for rule in source.rules),
            raising=tuple(source.rules for source in sources if not source.may_lower),
            **together("approvals"),
        ),
        approvers=own.get("approvers", ()),
        targets=own.get("notify", ()),
        sources=tuple(sources),
        models=_with_models(models, together("models")),
        places=Places(**together("secrets")),
        lanes=LaneLimits(**together("lanes")),
        run=RunSettings(**together("run")),
        reminders=Reminders(**together("reminders")),
        workers=own.get("workers", Workers()),
        watches=own.get("monitors", Watches()),
        ladders=_ladders(own.get("recovery", {}), theirs.get("recovery", {})),
        samples=SampleRates(**together("samples")),
    )


def _ladders(own: Mapping[str, tuple[Rung, ...]], theirs: Mapping[str, tuple[Rung, ...]]) -> Ladders:
    """Return the ladders of the user, without the rungs that a project's file leaves out."""
    rows, built_in = {row.key.fills: row.project for row in SECTIONS["recovery"].rows}, Ladders()
    found = {name: bounded(rungs) for name, rungs in own.items()}
    for name, rungs in theirs.items():
        usual = found.get(name) or built_in.of(Diagnosis(name))
        found[name] = bounded(rows[name].of_both(usual, rungs, is_trusted=False))
    return Ladders(rungs=found, own=tuple(own))


def _with_models(settings: ModelSettings, values: Values) -> ModelSettings:
    """Return the settings of models, with values of `[models]` in their place."""
    chains = {name: values[name] for name in CHAINS if values.get(name)}
    others = {name: value for name, value in values.items() if name not in CHAINS}
    return replace(settings, chains={**settings.chains, **chains}, **others)


def _read_file(path: Path, *, is_project: bool = False, is_trusted: bool = False) -> Values:
    try:
        text = text_of(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror}); a readable file was expected; look at its permissions"
        text = Flaw(Place(1, 1), wrong)
    tree = text if isinstance(text, Flaw) else read_toml(text)
    page, found = Page(), dict[str, Any]()
    if isinstance(tree, Flaw):
        page.flaws[tree] = None
    else:
        found = read_sections(page, tree, is_project=is_project, is_trusted=is_trusted)
    if page.flaws:
        raise ConfigInvalid.of(*problems_of(path, page.flaws))
    return found


def with_environment(settings: ModelSettings, environ: Mapping[str, str]) -> ModelSettings:
    """Return the settings of models, with what `SUREFOOT_MODELS__WORKER` and its like say in their place.

    Raises:
        ConfigInvalid: a variable says what cannot be.
    """
    section = SECTIONS["models"]
    many = {key.name for key in section.keys if key.value.is_many}
    names = sorted(name for name, value in environ.items() if name.startswith(section.variables) and value.strip())
    page, entries, top = Page(), list[tuple[Tree, Tree]](), Place(1, 1)
    for line, name in enumerate(names, start=1):
        place, key, text = Place(line, 1), name.removeprefix(section.variables).lower(), environ[name].strip()
        parts = tuple(_scalar(place, part.strip()) for part in text.split(",") if part.strip())
        entries.append((Scalar(place, Kind.TEXT, key), Items(place, parts) if key in many else _scalar(place, text)))
    tree = Table(top, ((Scalar(top, Kind.TEXT, "models"), Table(top, tuple(entries))),))
    found = read_sections(page, tree)
    if page.flaws:
        raise ConfigInvalid.of(*(f"{names[flaw.place.line - 1]}: {flaw.text}" for flaw in page.flaws))
    return _with_models(settings, found["models"])


def _scalar(place: Place, text: str) -> Scalar:
    """Return the value of a variable as it would stand in a file."""
    if text.lower() in ("true", "false"):
        return Scalar(place, Kind.FLAG, text.lower())
    return Scalar(place, Kind.NUMBER if text.isdecimal() else Kind.TEXT, text)
