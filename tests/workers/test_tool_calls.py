"""What a tool call does, against what is kept of it."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.workers.conftest import Lane

KEY = "AKIAIOSFODNN7EXAMPLE"


def test_an_edit_writes_the_secret_that_the_model_wrote(lane: Lane) -> None:
    """A file keeps what was meant; a mask in it would be verified and committed."""
    finished = lane.use("edit", create=[{"path": "new.ini", "content": f"key = {KEY}\n"}])
    assert finished.ok
    assert lane.text("new.ini") == f"key = {KEY}\n"


def test_a_command_runs_as_it_was_written(lane: Lane) -> None:
    """What the mask would have swallowed, a comment sign, stays where it stood."""
    lane.use("run", command="echo http://a:bb;#c@d;echo gone > pushed")
    assert not (lane.root / "pushed").exists()


def test_a_call_holds_no_secret_where_it_is_shown(lane: Lane) -> None:
    """Neither the event nor the stored arguments do."""
    call = lane.call("run", command=f"curl -H 'x-api-key: {KEY}' http://here")
    shown = repr(call) + lane.context.blobs.get(call.arguments).decode()
    assert KEY not in shown


def test_a_call_without_a_secret_needs_no_private_copy(lane: Lane) -> None:
    """Its stored arguments are what the model wrote."""
    call = lane.call("run", command="echo hello")
    assert call.private == ""


def test_private_arguments_are_for_the_owner_alone(lane: Lane) -> None:
    """No other account of the machine can read them."""
    lane.call("run", command=f"echo {KEY}")
    kept = list(lane.context.private.folder.iterdir())
    assert kept
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_private_arguments_outlive_the_engine(lane: Lane) -> None:
    """A call that was accepted and not carried out is carried out after a kill with the same bytes."""
    call = lane.call("edit", create=[{"path": "new.ini", "content": f"key = {KEY}\n"}])
    Lane(replace(lane.context), lane.script).carry_out(call)
    assert lane.text("new.ini") == f"key = {KEY}\n"


def test_a_call_whose_private_arguments_are_gone_is_not_carried_out_from_the_masked_ones(lane: Lane) -> None:
    """The model is told to make it again."""
    call = lane.call("edit", create=[{"path": "new.ini", "content": f"key = {KEY}\n"}])
    (lane.context.private.folder / call.private).unlink()
    finished = lane.carry_out(call)
    assert not finished.ok
    assert not (lane.root / "new.ini").exists()


def test_altered_private_arguments_are_not_carried_out(lane: Lane) -> None:
    """What runs is what was weighed, or nothing."""
    call = lane.call("edit", create=[{"path": "new.ini", "content": f"key = {KEY}\n"}])
    other = json.dumps({"create": [{"path": "new.ini", "content": "other"}]})
    (lane.context.private.folder / call.private).write_text(other)
    assert not lane.carry_out(call).ok


def test_calls_that_differ_in_a_secret_alone_differ_in_the_journal(lane: Lane) -> None:
    """So an approval of one is none of the other."""
    one = lane.call("run", command=f"echo {KEY}")
    other = lane.call("run", command=f"echo {KEY[:-1]}F")
    assert one.command == other.command
    assert one.private != other.private


def test_a_command_in_which_a_mask_would_hide_a_command_is_refused(lane: Lane) -> None:
    """A person would be shown another command than the one that runs."""
    call = lane.call("run", command="echo http://a:b;git${IFS}push@d")
    assert "secret" in call.flaw


def test_an_edit_may_not_write_a_mask_over_a_secret(lane: Lane) -> None:
    """A model that read the masked file and writes it anew would destroy what it was not shown."""
    shown = lane.use("read", path="settings.ini")
    assert "password = ***" in shown.text
    finished = lane.use("edit", create=[{"path": "settings.ini", "content": "[db]\npassword = ***\nhost = there\n"}])
    assert not finished.ok
    assert lane.text("settings.ini").splitlines()[1] == "password = swordfish-7"


def test_an_edit_that_looks_for_a_mask_is_told_what_the_mask_stands_for(lane: Lane) -> None:
    """The text it was shown does not stand in the file, and the nearest lines would not help."""
    lane.use("read", path="settings.ini")
    edit = {"path": "settings.ini", "old": "password = ***\nhost = here", "new": "host = there"}
    finished = lane.use("edit", edits=[edit])
    assert "stands for a secret" in finished.text


def test_an_edit_may_not_copy_a_mask_into_another_file(lane: Lane) -> None:
    """It would hold three stars where the secret was meant."""
    lane.use("read", path="settings.ini")
    finished = lane.use("edit", create=[{"path": "copy.ini", "content": "password = ***\n"}])
    assert not finished.ok


def test_stars_that_stand_in_a_file_can_be_edited(lane: Lane) -> None:
    """They are a rule in Markdown, and no mask."""
    lane.use("read", path="plain.md")
    assert lane.use("edit", edits=[{"path": "plain.md", "old": "***\n", "new": "***\n\n***\n"}]).ok


def test_beside_a_secret_the_rest_of_a_file_can_be_edited(lane: Lane) -> None:
    """The secret stays as it is."""
    lane.use("read", path="settings.ini")
    assert lane.use("edit", edits=[{"path": "settings.ini", "old": "host = here", "new": "host = there"}]).ok
    assert lane.text("settings.ini") == "[db]\npassword = swordfish-7\nhost = there\n"
