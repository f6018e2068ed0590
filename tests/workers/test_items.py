"""The items of a group: where one ends, and what none may hold."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.ids import StepId
from surefoot.core.plan import ForEach, RunBody
from tests.workers.conftest import SPEC, Lane

GROUP = replace(SPEC, id=StepId("each-{item}"), body=RunBody(command="echo {item}"))


def test_an_item_with_a_secret_is_refused_rather_than_masked(lane: Lane) -> None:
    """A member made from a masked item would run with three stars in its command."""
    each = ForEach(name="item", lines="echo plain; echo login-swordfish-7")
    command = do.ExpandGroup(group=replace(GROUP, for_each=each), commit=lane.context.space.base, lane="0")
    expanded = lane.perform(command)
    assert isinstance(expanded, ev.EffectFailed)
    assert "item 2 of 2 holds a secret" in expanded.reason


def test_items_without_secrets_are_taken_as_they_are(lane: Lane) -> None:
    """One member each, in their order."""
    each = ForEach(name="item", lines="echo b; echo a")
    command = do.ExpandGroup(group=replace(GROUP, for_each=each), commit=lane.context.space.base, lane="0")
    assert lane.perform(command).items == ("b", "a")


def test_only_a_line_feed_ends_an_item(lane: Lane) -> None:
    """Names of files may hold any other separator; a carriage return before the line feed belongs to the end."""
    each = ForEach(name="item", lines=r"printf 'a\xe2\x80\xa8b\nc\x0cd\r\n\x1ce\n'")
    command = do.ExpandGroup(group=replace(GROUP, for_each=each), commit=lane.context.space.base, lane="0")
    assert lane.perform(command).items == ("a\u2028b", "c\x0cd", "\x1ce")
