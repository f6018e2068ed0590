"""Open questions as plain data, grouped by kind, with what they change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace

from surefoot.api.home import Home
from surefoot.api.questions import OpenQuestion
from surefoot.masking import masker_of
from surefoot.views.diffs import Diff, read_tree_diff

SCHEMA = "surefoot.inbox/1"


def document_of(question: OpenQuestion) -> dict[str, object]:
    """Return a question as plain data."""
    return {**asdict(question), "people_missing": question.people_missing}


def groups_of(questions: Sequence[OpenQuestion]) -> list[list[OpenQuestion]]:
    """Return the questions with those of one kind together, each group where its first one stands."""
    groups: dict[tuple[str, str], list[OpenQuestion]] = {}
    for one in questions:
        groups.setdefault((one.run, one.like or one.question), []).append(one)
    return list(groups.values())


def diff_shown(home: Home, question: OpenQuestion) -> Diff | None:
    """Return the changes a question is about; None: it is about none, or they are gone."""
    if question.package is None or question.package.trees is None:
        return None
    diff = read_tree_diff(home.run_folder(question.run) / "store", question.package.trees)
    return None if diff is None else replace(diff, patch=masker_of(os.environ).text(diff.patch))
