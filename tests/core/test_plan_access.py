"""The words of commands, by which it is seen what steps touch."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.plan_access import words_in


def parsed(command: str) -> list[str] | None:
    """Return what `shlex` makes of a command on one line."""
    words = shlex.shlex(command, posix=True, punctuation_chars="();<>|&")
    words.whitespace_split = True
    words.commenters = ""
    try:
        return list(words)
    except ValueError:
        return None


@given(st.text(st.sampled_from("ab ()<>;|&\t\r#*?~=-./,{}$`'\"\\\xa0\x0b\u2028"), max_size=20))
def test_the_words_of_a_command_are_those_that_shlex_finds(command: str) -> None:
    """Most commands have no quotes, and are read without it."""
    found = words_in(command)
    assert (None if found is None else list(found)) == parsed(command)
