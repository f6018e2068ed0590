"""A regular expression that is compiled when it is first used."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import surefoot
from surefoot.core.regex import Regex, regex


def test_an_expression_finds_what_the_compiled_one_finds() -> None:
    """By any method, with its flags, in texts and bytes, the first time and later."""
    words = regex(r"(a)\W", re.IGNORECASE)
    assert [words.sub("x", "A b a."), words.sub("x", "A b a.")] == ["xb x", "xb x"]
    assert words.groups == 1
    found = regex(rb"b+").search(b"abb")
    assert found is not None
    assert found[0] == b"bb"


def test_a_mistake_is_found_when_the_expression_is_used() -> None:
    """Not when the module is loaded; therefore the next test."""
    mistaken = regex("(")
    with pytest.raises(re.error, match="unterminated"):
        mistaken.match("(")


def test_every_expression_of_the_program_can_be_compiled() -> None:
    """So that a mistake in one that is seldom used is found here."""
    names = [one.name for one in walk_packages(surefoot.__path__, "surefoot.") if not one.name.endswith("__main__")]
    found = [one for name in names for one in vars(import_module(name)).values() if isinstance(one, Regex)]
    assert all(one.compile() for one in found)
    assert len(found) > 100


def test_an_expression_has_no_attributes_that_compiled_ones_lack() -> None:
    """Copying and pickling ask for some."""
    with pytest.raises(AttributeError, match="nothing"):
        getattr(regex("a"), "nothing")  # noqa: B009 - written plainly, the type checker refuses it
