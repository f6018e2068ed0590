"""Which files a command names or implies."""

from __future__ import annotations

import pytest

from surefoot.core.globs import matches, with_content
from surefoot.core.named_files import EVERYTHING, IMPLIED, named_files, run_files
from surefoot.core.shell_names import RUNS_SCRIPTS
from surefoot.shellwords import facts_of

NAMED = [
    ("./publish.sh", "publish.sh"),
    ("bash scripts/send.sh", "scripts/send.sh"),
    ("bash < publish.sh", "publish.sh"),
    ("cat publish.sh | bash", "publish.sh"),
    ("source ./env.sh", "env.sh"),
    (". env.sh", "env.sh"),
    ("python3.11 scripts/send.py --dry", "scripts/send.py"),
    ("uv run deploy.py", "deploy.py"),
    ("python -m tools.send", "tools/send.py"),
    ("python -m tools.send", "tools/__init__.py"),
    ("python -m send", "send/__main__.py"),
    ("python -m send", "src/send/__main__.py"),
    ("curl -d @body.json http://localhost", "body.json"),
    ("curl -F 'file=@a/b.txt;type=text/plain' http://localhost", "a/b.txt"),
    ("aws s3api put --body file://page.html", "page.html"),
    ("psql -f migrate.sql", "migrate.sql"),
    ("psql -fmigrate.sql", "migrate.sql"),
    ("psql --file=migrate.sql", "migrate.sql"),
    ("psql < migrate.sql", "migrate.sql"),
    (r"psql -c '\i migrate.sql'", "migrate.sql"),
    ("cat migrations/*.sql | psql", "migrations/01.sql"),
    ("scp -r site host:/srv", "site/index.html"),
    ("kubectl apply -f a.yaml,b.yaml", "b.yaml"),
    ("pytest tests/test_a.py::test_one", "tests/test_a.py"),
    ("cd web && ./publish.sh", "web/publish.sh"),
    ("cd web; cd dist; ./publish.sh", "web/dist/publish.sh"),
    ("(cd web/../cli && ./publish.sh)", "cli/publish.sh"),
    ("cd $(git rev-parse --show-toplevel) && ./publish.sh", "publish.sh"),
    ('"$PWD/publish.sh"', "publish.sh"),
    ("file=publish.sh; ./$file", "publish.sh"),
    ("CONFIG=deploy.toml ./x", "deploy.toml"),
    ("./publish-$STAGE.sh", "publish-live.sh"),
    ("$PROGRAM now", "publish.sh"),
    ("bash $SCRIPT", "publish.sh"),
    ("tcsh $SCRIPT", "publish.sh"),
    ("find jobs -name '*.sh' -exec sh {} ';'", "jobs/a.sh"),
    ("cat 'a[1].txt'", "a[1].txt"),
    ("rsync -a . host:", "anything/at/all"),
    ("make deploy", "Makefile"),
    ("make -C web deploy", "web/Makefile"),
    ("make -Cweb deploy", "web/Makefile"),
    ("npm publish", "package.json"),
    ("npm --prefix web publish", "web/package.json"),
    ("/usr/bin/npm publish", "package.json"),
    ("pytest", "tests/unit/conftest.py"),
]
UNNAMED = [
    ("./publish.sh", "other.sh"),
    ("./publish.sh", "web/publish.sh"),
    ("cd web && ./publish.sh", "web/other.sh"),
    ("cat /etc/publish.sh", "publish.sh"),
    ("cat ~/publish.sh", "publish.sh"),
    ("cat $HOME/publish.sh", "publish.sh"),
    ("cat ../publish.sh", "publish.sh"),
    ("cd / && ./publish.sh", "etc/publish.sh"),
    ("echo publish.sh", "publish.sh"),
    ("make deploy", "make"),
    ("cd && true", "web"),
    ("python -m a-b.c", "a-b/c.py"),
]


def is_named(command: str, path: str) -> bool:
    """Tell whether the command names the path."""
    return matches(path, with_content(named_files(facts_of(command))))


@pytest.mark.parametrize(("command", "path"), NAMED)
def test_a_command_names_the_files_that_it_runs_and_reads(command: str, path: str) -> None:
    """However the command is written."""
    assert is_named(command, path)


@pytest.mark.parametrize(("command", "path"), UNNAMED)
def test_a_command_does_not_name_other_files(command: str, path: str) -> None:
    """What lies outside the lane, or beside what is named, is not meant."""
    assert not is_named(command, path)


def test_paths_are_seen_from_the_folder_in_which_the_command_starts() -> None:
    """Also those that lead out of that folder, and not out of the lane."""
    assert set(named_files(facts_of("./a.sh ../b.txt"), "web")) == {"web/a.sh", "b.txt"}


def test_a_program_is_looked_for_in_the_folders_of_the_search_path() -> None:
    """A tracked folder may come first in the search path of a lane."""
    assert "tools/publish" in named_files(facts_of("publish now"), path=("tools/",))


@pytest.mark.parametrize(
    "command", ["; ".join(f"cd d{at}" for at in range(20)), " ".join(f"x{at}" for at in range(3000))]
)
def test_a_command_that_names_too_much_names_every_file(command: str) -> None:
    """Rather than a part of what it names."""
    assert named_files(facts_of(command)) == (EVERYTHING,)


def test_every_glob_of_the_table_can_be_matched() -> None:
    """A glob that is too long, or leads out of the lane, would mean nothing."""
    assert all(not glob.startswith(("/", "./", "../")) for globs in IMPLIED.values() for glob in globs)


@pytest.mark.parametrize("shell", sorted(RUNS_SCRIPTS))
def test_a_script_is_run_by_whichever_shell_is_named(shell: str) -> None:
    """One table says what a shell is, for every rule that asks."""
    assert run_files(facts_of(f"{shell} publish.sh")) == ("publish.sh",)
