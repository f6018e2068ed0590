"""Modules and identifiers carry the words of the field."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import surefoot
from surefoot.core.agent_types import Role

SOURCE = Path(surefoot.__file__).parent
OF_EVERY_EFFECT = {"__init__", "contract", "perform"}
NOUNS = {"file_listing", "routing"}
"""Nouns that end as verbs do."""
REPLACED = {"talk", "talks", "casting", "wish", "desk", "deed"}
"""Words that were ours alone; the glossary has the words of the field."""


def modules() -> Iterator[Path]:
    """Yield every module but those that each effect has."""
    return (path for path in SOURCE.rglob("*.py") if path.stem not in OF_EVERY_EFFECT)


def test_no_two_modules_have_one_name() -> None:
    """Who searches for a module by its name finds that one."""
    counted = Counter(path.stem for path in modules())
    assert [name for name, count in counted.items() if count > 1] == []


def test_no_public_name_is_the_name_of_a_module_beside_it() -> None:
    """Once such a module is loaded, the package has the module under the name of the function that was promised."""
    packages = (path.parent for path in SOURCE.rglob("__init__.py") if "__getattr__" in path.read_text("utf-8"))
    found = [
        (package.name, name)
        for package in packages
        for name in import_module(".".join(("surefoot", *package.relative_to(SOURCE).parts))).__all__
        if name != "apply" and (package / f"{name}.py").is_file()
    ]
    assert found == []


def test_a_module_is_named_for_the_noun_it_holds() -> None:
    """A name that ends in -ing says that something is done, and not what is there."""
    assert [path.name for path in modules() if path.stem.endswith("ing") and path.stem not in NOUNS] == []


def test_identifiers_use_no_word_that_was_replaced() -> None:
    """A word that has to be explained is the wrong word."""
    found = {
        (path.name, name)
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None))
        if isinstance(name, str) and REPLACED & {part.lower() for part in re.split(r"_|(?<=[a-z])(?=[A-Z])", name)}
    }
    assert sorted(found) == []


def test_fault_points_use_no_word_that_was_replaced() -> None:
    """Who writes a crash test looks for a point under the words of the glossary."""
    found = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r'\bpoint\("([\w.]+)"', path.read_text("utf-8"))
        if REPLACED & set(re.split(r"[._]", name))
    }
    assert sorted(found) == []


def test_the_glossary_explains_every_role_and_what_every_kind_of_event_is_about() -> None:
    """Who meets a new word in a journal looks it up there."""
    rows = (SOURCE.parents[1] / "docs/reference/glossary.md").read_text("utf-8").lower().replace("-", " ")
    terms = re.findall(r"^\| ([^|]+) \|", rows, re.MULTILINE)
    topics = [path.stem.removesuffix("_events").replace("_", " ") for path in SOURCE.glob("core/events/*_events.py")]
    assert [topic for topic in topics if not any(topic in term for term in terms)] == []
    assert [role for role in Role if role not in rows] == []
