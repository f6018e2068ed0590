"""How the sections of a settings file are read by the table of settings, and what a project's file may not say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from surefoot.core.agent_types import Price
from surefoot.core.ladder_table import Rung
from surefoot.core.monitor_table import FIGURES, MONITORS, Profile, Say, Watch, Watches
from surefoot.core.regex import regex
from surefoot.masking.secret_names import is_secret_name
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.readers import Reader, checked, made, read_model, read_values, read_worker
from surefoot.planfile.rule_reader import read_rules
from surefoot.planfile.tree import Items, Scalar, Table, Tree
from surefoot.settings.setting_records import Approver, Endpoint, Target, Workers
from surefoot.settings.setting_table import SECTIONS, SENDS, Project

Values = Mapping[str, Any]
"""What a file says: by section the values by their fields, or the records by their names."""
_PROVIDER = regex(r"[A-Za-z][A-Za-z0-9_.-]*")
_HOST = regex(r"[A-Za-z0-9*._-]+(?::[0-9]{1,5})?")
_OWN_FILES = ("scripted", "local")
"""What a model's name begins with where it is a file that the engine itself would run."""


def read_sections(page: Page, tree: Tree, *, is_project: bool = False, is_trusted: bool = False) -> Values:
    """Return what a file says; flaws are noted on the page.

    Args:
        page: the file.
        tree: what stands in it.
        is_project: whether the file came with the repository.
        is_trusted: whether the user trusts that project.
    """
    found = Fields.read(page, tree, "the settings", SECTIONS)
    if found is None:
        return {}
    if is_project:
        _refuse(page, found, {name: section.refused for name, section in SECTIONS.items() if section.refused})
    values: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        node, read = found.node(name), _NAMED.get(name)
        if node is None:
            continue
        if read is not None:
            values[name] = read(page, node)
            continue
        inner = Fields.read(page, node, section.said, section.names)
        if inner is not None and is_project:
            _refuse(page, inner, {row.key.name: row.refused for row in section.rows if row.refused})
            if not is_trusted:
                _refuse_models(page, inner, [row.key.name for row in section.rows if row.project is Project.TRUSTED])
        if inner is not None:
            values[name] = read_values(page, inner, section.keys, _OF_PROJECT if is_project else _READERS)
    return values


def _refuse(page: Page, found: Fields, reasons: Mapping[str, str]) -> None:
    cure = "only the user's own settings were expected to have it; move it there"
    for key, reason in reasons.items():
        if key in found:
            page.flaw(found.at(key), f"`{key}` stands in a project's settings; {reason}; {cure}")


def _refuse_models(page: Page, found: Fields, keys: Iterable[str]) -> None:
    cure = "add the project's folder to `trust` in [policy] of your own settings, or name models there"
    for key in keys:
        if key in found:
            wrong = f"`{key}` names a model in the settings of a project that is not trusted: {SENDS}"
            page.flaw(found.at(key), f"{wrong}; only your own word was expected to choose who is asked; {cure}")


# --- sections with tables of their own


def _read_record(page: Page, node: Tree, section: str, **more: object) -> Any:
    """Read one table of a section that has several; what is given besides fills fields that no key fills."""
    table = SECTIONS[section]
    found = Fields.read(page, node, table.said, table.names)
    return None if found is None else made(table.type, {**more, **read_values(page, found, table.keys, _READERS)})


def _read_approvers(page: Page, node: Tree) -> tuple[Approver, ...]:
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list was expected; begin each with `[[approvers]]`")
        return ()
    table, found = SECTIONS["approvers"], dict[str, Approver]()
    for item in node.items:
        fields = Fields.read(page, item, table.said, table.names)
        if fields is None:
            continue
        approver: Approver | None = made(Approver, read_values(page, fields, table.keys, _READERS))
        if approver is None:
            continue
        if approver.user is None and approver.token_sha256 is None:
            wrong = f"nothing says how {approver.name!r} is known"
            page.flaw(item, f"{wrong}; `user` or `token_sha256` was expected; add one of them")
        if approver.name in found:
            page.flaw(
                fields.at("name"), f"{approver.name!r} is listed twice; different names were expected; remove one"
            )
        found[approver.name] = approver
    return tuple(found.values())


def _read_providers(page: Page, node: Tree) -> dict[str, Endpoint]:
    expected = "a table for each provider was expected; write [providers.NAME]"
    name = checked(
        lambda text: text not in _OWN_FILES and _PROVIDER.fullmatch(text),
        "{} cannot name a provider; another word was expected; choose one",
    )
    tables = page.named(node, expected, partial(name, page), lambda inner: inner) or {}
    read = {name: _read_record(page, inner, "providers", name=name) for name, inner in tables.items()}
    return {name: endpoint for name, endpoint in read.items() if endpoint is not None}


def _read_prices(page: Page, node: Tree) -> dict[str, Price]:
    expected = 'a table for each model was expected; write [prices."PROVIDER:MODEL"]'
    read = partial(_read_record, page, section="prices", origin="settings")
    return page.named(node, expected, partial(read_model, page), read) or {}


def _read_workers(page: Page, node: Tree) -> Workers | None:
    """Read `[workers]`: the key `default`, and a table for each agent."""
    if not isinstance(node, Table):
        page.flaw(node, f"found {described(node)}; a table was expected; write [workers]")
        return None
    given = [value for key, value in node.entries if isinstance(key, Scalar) and key.text == "default"]
    others = tuple(entry for entry in node.entries if entry[1] not in given)
    expected = "a table for each agent was expected; write [workers.NAME]"
    name = checked(_PROVIDER.fullmatch, "{} cannot name an agent; a word was expected; choose one")
    tables = page.named(Table(node.place, others), expected, partial(name, page), lambda inner: inner) or {}
    read = {name: _read_record(page, inner, "workers", name=name) for name, inner in tables.items()}
    default: str | None = read_worker(page, given[0]) if given else None
    return Workers(default=default, programs={name: one for name, one in read.items() if one is not None})


def _read_monitors(page: Page, node: Tree) -> Watches:
    """Read `[monitors]`: the profile, and a table for each monitor; the name of a profile alone stands for that."""
    if isinstance(node, Scalar):
        word = page.word(node, tuple(Profile))
        return Watches() if word is None else Watches(profile=Profile(word))
    section = SECTIONS["monitors"]
    found = Fields.read(page, node, section.said, section.names)
    own: dict[str, Watch] = {}
    for name in () if found is None else found:
        inner = None if found is None else found.node(name)
        if name in MONITORS and inner is not None and (watch := _read_watch(page, inner, name)) is not None:
            own[name] = watch
    profile = None if found is None or (said := found.node("profile")) is None else page.word(said, tuple(Profile))
    return Watches(profile=Profile(profile or Profile.DEFAULT), own=own)


def _read_watch(page: Page, node: Tree, name: str) -> Watch | None:
    """Read how a monitor is set: a word, or a table with `say` and its figures."""
    usual = MONITORS[name].watch
    if isinstance(node, Scalar):
        word = page.word(node, tuple(Say))
        return None if word is None else replace(usual, say=Say(word))
    found = Fields.read(page, node, f"the monitor `{name}`", ("say", *usual.figures))
    if found is None:
        return None
    say = None if (said := found.node("say")) is None else page.word(said, tuple(Say))
    given = {key: _read_figure(page, value, key) for key in usual.figures if (value := found.node(key)) is not None}
    figures = {**usual.figures, **{key: value for key, value in given.items() if value is not None}}
    return Watch(say=Say(say or usual.say), figures=figures)


def _read_figure(page: Page, node: Tree, name: str) -> float | None:
    """Read a figure of a monitor, within what it may be."""
    figure = FIGURES[name]
    value = page.number(node)
    if value is None or (figure.least <= value <= figure.most and (value.is_integer() or not figure.is_whole)):
        return value
    kind = "a whole number" if figure.is_whole else "a number"
    bounds = f"of {figure.least:g} or more" if math.isinf(figure.most) else f"from {figure.least:g} to {figure.most:g}"
    page.flaw(node, f"`{name}` is {value:g}; {kind} {bounds} was expected; write one")
    return None


def _read_recovery(page: Page, node: Tree) -> dict[str, tuple[Rung, ...]]:
    """Read `[recovery]`: a ladder for each failure that is named."""
    section = SECTIONS["recovery"]
    found = Fields.read(page, node, section.said, section.names)
    read = {} if found is None else read_values(page, found, section.keys, _READERS)
    ladders: dict[str, tuple[Rung, ...]] = {}
    for name, words in read.items():
        rungs = tuple(map(Rung, words))
        assert found is not None
        if repeated := next((rung for rung in rungs if rungs.count(rung) > 1), None):
            wrong = f"the ladder `{name}` names `{repeated}` twice; each rung was expected once; leave one out"
            page.flaw(found.at(name), wrong)
        ladders[name] = rungs
    return ladders


def _read_targets(page: Page, node: Tree) -> tuple[Target, ...]:
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list was expected; begin each with `[[notify]]`")
        return ()
    found = list[Target]()
    for item in node.items:
        target: Target | None = _read_record(page, item, "notify")
        if target is not None and bool(target.command) == (target.webhook is not None):
            wrong = "both `command` and `webhook` are said" if target.command else "nothing says where notices go"
            page.flaw(item, f"{wrong}; `command` or `webhook` was expected; say one of them")
        elif target is not None:
            found.append(target)
    return tuple(found)


_NAMED: Mapping[str, Reader] = {
    "notify": _read_targets,
    "recovery": _read_recovery,
    "monitors": _read_monitors,
    "approvers": _read_approvers,
    "workers": _read_workers,
    "providers": _read_providers,
    "prices": _read_prices,
}


# --- values


def _read_share(page: Page, node: Tree) -> float | None:
    """Read a share; `false` stands for 0."""
    if isinstance(node, Scalar) and node.text == "false":
        return 0.0
    share = page.number(node)
    if share is not None and share > 1:
        page.flaw(node, f"{share:g} is no share; a number from 0 to 1, or false, was expected; write 0.9 for 90 %")
        return None
    return share


def _names_secrets(text: str) -> bool:
    place = text.removeprefix("~")
    return place.startswith("/") and bool(place.strip("/.")) and ".." not in place.split("/")


def _is_web_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _has_no_password(text: str) -> bool:
    return urlsplit(text).password is None


_READERS: Mapping[str, Reader] = {
    "rule": read_rules,
    "repository": checked(
        lambda text: Path(text).expanduser().is_absolute(),
        "{} is no absolute path; the root of a repository was expected; write the whole path",
    ),
    "share": _read_share,
    "secret_place": checked(
        _names_secrets,
        "{} names no place in which secrets lie; one file or folder was expected, as `~/…` or as an absolute path "
        "without `..`; write it like that",
    ),
    "home_place": checked(
        lambda text: text.startswith("~/") and _names_secrets(text),
        "{} names no place of the home; one file or folder was expected, as `~/…` without `..`; write it like that",
    ),
    "endpoint": checked(
        _has_no_password,
        "a password stands in the address; none was expected; put it in a variable for `key_env`",
        checked(
            _is_web_address,
            "{} is no address; one that begins with http:// or https:// was expected; write it in full, as in "
            "http://127.0.0.1:8000/v1",
        ),
    ),
    "host": checked(
        _HOST.fullmatch,
        "{} names no host; one was expected, as in api.example.com, *.example.com or localhost:8080; leave out what "
        "else an address has",
    ),
    # Names tell which values are masked.
    "key_variable": checked(
        is_secret_name,
        "{} does not say that it holds a key, so that its value would not be masked; a name that ends in _API_KEY or "
        "_TOKEN was expected; give the variable such a name",
        Page.variable,
    ),
}
"""By the tables and kinds of `surefoot.core.plan_keys.Value` that plans do not have."""
_OF_PROJECT: Mapping[str, Reader] = {
    **_READERS,
    "model": checked(
        lambda name: name.partition(":")[0] not in _OWN_FILES,
        "{} is a file that the engine itself would run, named by a project's settings; a provider's model was "
        "expected; name the file with --model",
        read_model,
    ),
}
