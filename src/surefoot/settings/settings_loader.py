"""The two settings files, read as one.

The user's file may lower tiers, name approvers, models and providers, and trust projects; a project's file comes with
the repository and may only raise.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path

from surefoot.core.policy_types import Policy, Rule
from surefoot.core.record import record
from surefoot.errors import ConfigInvalid
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.rule_reader import read_rules
from surefoot.planfile.tree import Flaw, Items, Place, Scalar, Tree
from surefoot.settings.endpoints import ModelSettings
from surefoot.settings.lane_limits import LaneLimits, lane_limits, read_lane_limits
from surefoot.settings.models import SECTIONS as MODEL_SECTIONS
from surefoot.settings.models import Rights, merged, read_models
from surefoot.settings.toml import read_toml

FILE_NAME = "surefoot.toml"
SECTIONS = ("policy", "approvals", "approvers", "secrets", "lanes", *MODEL_SECTIONS)
POLICY_KEYS = ("rules", "trust")
APPROVALS_KEYS = ("confidence",)
SECRETS_KEYS = ("hide", "show")
APPROVER_KEYS = ("name", "user", "roles", "token_sha256")
_OF_THE_USER = "it comes with the repository, and may not say who is trusted; move it to the user's own settings"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@record
class Approver:
    """Someone who may answer."""

    name: str
    """What the journal calls them."""
    user: str | None = None
    """Their name as a user of the operating system."""
    roles: tuple[str, ...] = ()
    """What they may answer for."""
    token_sha256: str | None = None
    """The SHA-256 of the token by which they are known to the API, in hex."""


@record
class Places:
    """What the settings say about places where secrets lie."""

    hide: tuple[str, ...] = ()
    """Further places that commands cannot read, as absolute paths or `~/…`."""
    show: tuple[str, ...] = ()
    """Places that commands can read although they are on the list."""


@record
class Source:
    """The rules of one file."""

    file: str
    """Where they stand."""
    rules: tuple[Rule, ...]
    """In order."""
    may_lower: bool
    """Whether a rule of theirs may lower a tier."""


@record
class Settings:
    """What both files say."""

    policy: Policy = Policy()
    """The rules, without those of a plan."""
    approvers: tuple[Approver, ...] = ()
    """Who may answer, where the user has said so."""
    sources: tuple[Source, ...] = ()
    """The rules by their files, in the order in which they are asked."""
    models: ModelSettings = ModelSettings()
    """Who plays which role, where models are asked, what they cost."""
    places: Places = Places()
    """Where secrets lie, beside the places that are known."""
    lanes: LaneLimits = LaneLimits()
    """How much a step may write, keep and print."""


@record
class _Read:
    rules: tuple[Rule, ...] = ()
    trust: tuple[str, ...] = ()
    approvers: tuple[Approver, ...] = ()
    confidence: float | None = None
    models: ModelSettings = ModelSettings()
    places: Places = Places()
    lanes: Mapping[str, int] = field(default_factory=dict[str, int])


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
    own = _read_file(own_file, Rights())
    is_trusted = project is not None and any(_is_same(project, folder) for folder in own.trust)
    theirs_file = None if project is None else project.absolute() / FILE_NAME
    theirs = _Read()
    if theirs_file is not None and theirs_file != own_file:
        theirs = _read_file(theirs_file, Rights(is_project=True, is_trusted=is_trusted))
    sources = [Source(file=str(own_file), rules=own.rules, may_lower=True)]
    if theirs.rules:
        sources.append(Source(file=str(theirs_file), rules=theirs.rules, may_lower=is_trusted))
    lowering = tuple(rule for source in sources if source.may_lower for rule in source.rules)
    raising = tuple(source.rules for source in sources if not source.may_lower)
    found = tuple(source for source in sources if source.rules)
    return Settings(
        policy=Policy(own=lowering, raising=raising, confidence=_confidence(own, theirs, is_trusted=is_trusted)),
        approvers=own.approvers,
        sources=found,
        models=merged(own.models, theirs.models),
        places=Places(hide=(*own.places.hide, *theirs.places.hide), show=own.places.show),
        lanes=lane_limits(own.lanes, theirs.lanes),
    )


def _confidence(own: _Read, theirs: _Read, *, is_trusted: bool) -> float:
    """Return how sure an agent has to be; a project's settings can only raise it, unless the user trusts them."""
    usual = Policy().confidence if own.confidence is None else own.confidence
    if theirs.confidence is None:
        return usual
    return theirs.confidence if is_trusted else max(usual, theirs.confidence)


def _is_same(project: Path, trusted: str) -> bool:
    return project.resolve() == Path(trusted).expanduser().resolve()


def _read_file(path: Path, rights: Rights) -> _Read:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return _Read()
    except UnicodeDecodeError as error:
        wrong = "it is no UTF-8; UTF-8 text was expected; save the file as UTF-8"
        raise _invalid(path, [Flaw(Place(1, 1), wrong)]) from error
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror}); a readable file was expected; look at its permissions"
        raise _invalid(path, [Flaw(Place(1, 1), wrong)]) from error
    tree = read_toml(text)
    if isinstance(tree, Flaw):
        raise _invalid(path, [tree])
    page = Page()
    fields = Fields.read(page, tree, "the settings", SECTIONS)
    found = _Read() if fields is None else _read_sections(page, fields, rights)
    if page.flaws:
        raise _invalid(path, list(page.flaws))
    return found


def _invalid(path: Path, flaws: Sequence[Flaw]) -> ConfigInvalid:
    ordered = sorted(flaws, key=lambda flaw: (flaw.place.line, flaw.place.column))
    problems = tuple(f"{path}:{flaw.place.line}:{flaw.place.column}: {flaw.text}" for flaw in ordered)
    return ConfigInvalid("\n".join(problems), problems=problems)


def _read_sections(page: Page, fields: Fields, rights: Rights) -> _Read:
    node = fields.node("policy")
    policy = None if node is None else Fields.read(page, node, "`[policy]`", POLICY_KEYS)
    if rights.is_project and "approvers" in fields:
        page.flaw(fields.at("approvers"), f"`approvers` stands in a project's settings; {_OF_THE_USER}")
    if rights.is_project and policy is not None and "trust" in policy:
        page.flaw(policy.at("trust"), f"`trust` stands in a project's settings; {_OF_THE_USER}")
    return _Read(
        rules=() if policy is None else policy.take("rules", partial(read_rules, page), ()),
        trust=() if policy is None else policy.take("trust", page.many(partial(_read_folder, page)), ()),
        approvers=fields.take("approvers", partial(_read_approvers, page), ()),
        confidence=fields.take("approvals", partial(_read_approvals, page), None),
        models=read_models(page, fields, rights),
        places=fields.take("secrets", partial(_read_places, page, rights), Places()),
        lanes=fields.take("lanes", partial(read_lane_limits, page), dict[str, int]()),
    )


def _read_places(page: Page, rights: Rights, node: Tree) -> Places | None:
    fields = Fields.read(page, node, "`[secrets]`", SECRETS_KEYS)
    if fields is None:
        return None
    if rights.is_project and "show" in fields:
        page.flaw(fields.at("show"), f"`show` stands in a project's settings; {_OF_THE_USER}")
    read = page.many(partial(_read_place, page))
    return Places(hide=fields.take("hide", read, ()), show=fields.take("show", read, ()))


def _read_place(page: Page, node: Tree) -> str | None:
    text = page.text(node)
    inner = None if text is None else text.removeprefix("~")
    if inner is not None and (not inner.startswith("/") or not inner.strip("/.") or ".." in inner.split("/")):
        expected = "one file or folder was expected, as `~/…` or as an absolute path without `..`"
        page.flaw(node, f"{text!r} names no place in which secrets lie; {expected}; write it like that")
        return None
    return text


def _read_folder(page: Page, node: Tree) -> str | None:
    text = page.text(node)
    if text is not None and not Path(text).expanduser().is_absolute():
        page.flaw(node, f"{text!r} is no absolute path; the root of a repository was expected; write the whole path")
        return None
    return text


def _read_approvals(page: Page, node: Tree) -> float | None:
    fields = Fields.read(page, node, "`[approvals]`", APPROVALS_KEYS)
    return None if fields is None else fields.take("confidence", partial(_read_confidence, page), None)


def _read_confidence(page: Page, node: Tree) -> float | None:
    """Read a share; `false` stands for 0, so that nobody is asked."""
    if isinstance(node, Scalar) and node.text == "false":
        return 0.0
    share = page.number(node)
    if share is not None and share > 1:
        page.flaw(node, f"{share:g} is no share; a number from 0 to 1, or false, was expected; write 0.9 for 90 %")
        return None
    return share


def _read_approvers(page: Page, node: Tree) -> tuple[Approver, ...] | None:
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list was expected; begin each with `[[approvers]]`")
        return None
    found: list[Approver] = []
    for item in node.items:
        fields = Fields.read(page, item, "an approver", APPROVER_KEYS)
        if fields is None:
            continue
        name = fields.need("name", page.text, "", "what the journal calls them")
        if "user" not in fields and "token_sha256" not in fields:
            text = f"nothing says how {name!r} is known; `user` or `token_sha256` was expected; add one of them"
            page.flaw(fields.place, text)
        if any(name == other.name for other in found):
            page.flaw(fields.at("name"), f"{name!r} is listed twice; different names were expected; remove one")
        found.append(
            Approver(
                name=name,
                user=fields.take("user", page.text, None),
                roles=fields.take("roles", page.many(page.text), ()),
                token_sha256=fields.take("token_sha256", partial(_read_digest, page), None),
            )
        )
    return tuple(found)


def _read_digest(page: Page, node: Tree) -> str | None:
    text = page.text(node)
    if text is not None and _DIGEST.fullmatch(text) is None:
        page.flaw(node, "it is no SHA-256; 64 digits 0-9 a-f were expected; write what `sha256sum` prints")
        return None
    return text
