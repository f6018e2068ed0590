"""Programs that run another program: `env`, `sudo`, `xargs`, `uv run` and their like.

Where an option is not known, both readings are given: with and without a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.shellwords.expansion import Term
from surefoot.shellwords.word_budget import Budget

_ASSIGNED = regex(r"[A-Za-z_][A-Za-z0-9_]*=")


@record(kw_only=False)
class Wrapper:
    """How a program is given another one."""

    valued: frozenset[str] = frozenset()
    """Options whose value is the next argument."""
    operands: int = 0
    """So many arguments come before the other program, such as the seconds of `timeout`."""
    verbs: frozenset[str] = frozenset()
    """It runs another program only where one of these comes first."""
    is_seen: bool = False
    """Whether it matters itself, beside what it runs."""


def _wrapper(options: str = "", operands: int = 0, verbs: str = "", *, is_seen: bool = False) -> Wrapper:
    return Wrapper(frozenset(options.split()), operands, frozenset(verbs.split()), is_seen)


_FLAGS = frozenset(
    """--frozen --locked --no-sync --isolated --no-project --offline --quiet --verbose --dev --no-dev --all-extras
    --all-groups --exact --active --no-config --no-cache --native-tls --script --module --yes --no-install --no --silent
    --foreground --preserve-status --rm --detach --interactive --tty --init --no-deps --build --no-TTY --read-only
    --null --no-run-if-empty --verbose --parallel-mode --branch --append --ignore-environment --no-interaction
    --no-project --refresh --recursive --if-present --privileged""".split()  # noqa: SIM905
)
"""Options that take no value, whatever program has them."""
_UV = (
    "--with --with-editable --with-requirements -p --python --project --directory --extra --group --no-group --env-file"
)
_CONTAINER = (
    "-e --env --env-file -u --user -w --workdir -v --volume --name --network --net -p --publish --mount --entrypoint"
)

WRAPPERS: Mapping[str, Wrapper] = {
    "env": _wrapper("-u --unset -C --chdir -a --argv0"),
    **dict.fromkeys(
        "nohup setsid command builtin busybox toybox unbuffer chronic rlwrap winpty catchsegv valgrind".split(),  # noqa: SIM905
        _wrapper(),
    ),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    **dict.fromkeys(("timeout", "gtimeout"), _wrapper("-k --kill-after -s --signal", 1)),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "time": _wrapper("-f --format -o --output"),
    "exec": _wrapper("-a"),
    **dict.fromkeys(("chrt", "taskset"), _wrapper("", 1)),
    "flock": _wrapper("-w --wait --timeout -E --conflict-exit-code", 1),
    "caffeinate": _wrapper("-t -w"),
    **dict.fromkeys(("proxychains", "proxychains4"), _wrapper("-f", is_seen=True)),
    **dict.fromkeys(("torsocks", "unshare", "bwrap", "firejail", "entr"), _wrapper(is_seen=True)),
    "xvfb-run": _wrapper("-n -s -e -f -w --server-num --server-args"),
    "dbus-run-session": _wrapper("--config-file"),
    "dotenv": _wrapper("-f --file -e", verbs="run"),
    "strace": _wrapper("-e -o -s -P -u -E -a -I -O -S -X -b", is_seen=True),
    "ltrace": _wrapper("-e -o -s -u -a -n", is_seen=True),
    "sudo": _wrapper("-u --user -g --group -h --host -p --prompt -C -r -t -T -U -D -R", is_seen=True),
    "doas": _wrapper("-u -C", is_seen=True),
    "pkexec": _wrapper("--user", is_seen=True),
    **dict.fromkeys(("gosu", "su-exec", "chroot"), _wrapper("", 1, is_seen=True)),
    "runuser": _wrapper("-u --user -g --group -G", is_seen=True),
    "nsenter": _wrapper("-t --target", is_seen=True),
    "setpriv": _wrapper("--reuid --regid --groups", is_seen=True),
    "systemd-run": _wrapper("-p --property -u --unit -E --setenv", is_seen=True),
    "xargs": _wrapper("-I -n -P -L -s -d -E -a --arg-file --delimiter --max-args --max-procs --replace", is_seen=True),
    "parallel": _wrapper("-j --jobs -I -n -N --colsep --joblog --results", is_seen=True),
    "watch": _wrapper("-n --interval", is_seen=True),
    "sshpass": _wrapper("-p -f -d -P", is_seen=True),
    "uv": _wrapper(_UV, verbs="run tool"),
    "uvx": _wrapper(f"{_UV} --from"),
    "poetry": _wrapper("-C --directory -P --project", verbs="run"),
    "pipenv": _wrapper("--python", verbs="run"),
    "pdm": _wrapper("-p --project", verbs="run"),
    "hatch": _wrapper("-e --env", verbs="run"),
    "rye": _wrapper("--pyproject", verbs="run"),
    "pixi": _wrapper("-e --environment --manifest-path", verbs="run"),
    "pipx": _wrapper("--spec --python", verbs="run"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _wrapper("-n --name -p --prefix --cwd", verbs="run")),
    "mise": _wrapper("-C --cd", verbs="exec x"),
    **dict.fromkeys(("asdf", "rbenv", "pyenv"), _wrapper("", verbs="exec")),
    "direnv": _wrapper("", 1, verbs="exec"),
    "bundle": _wrapper("--gemfile", verbs="exec"),
    "npx": _wrapper("-p --package -c --call"),
    "bunx": _wrapper("-p --package"),
    "npm": _wrapper("-p --package --prefix -C -w --workspace", verbs="exec x"),
    "pnpm": _wrapper("--filter -F -C --dir --package", verbs="exec dlx"),
    "yarn": _wrapper("-p --package --cwd", verbs="exec dlx"),
    "coverage": _wrapper("--source --include --omit --rcfile --data-file --context", verbs="run"),
    **dict.fromkeys(("docker", "podman"), _wrapper(_CONTAINER, 1, verbs="exec run", is_seen=True)),
    "docker-compose": _wrapper(f"{_CONTAINER} -f --file", 1, verbs="exec run", is_seen=True),
    "kubectl": _wrapper("-n --namespace -c --container --context", 1, verbs="exec", is_seen=True),
}


def inner_of(wrapper: Wrapper, terms: Sequence[Term], budget: Budget) -> Iterator[Sequence[Term]]:
    """Yield what the wrapper runs, for each reading of its arguments; nothing where it runs nothing.

    Raises:
        Unreadable: there are too many readings.
    """
    budget.spend(len(terms))
    starts = {1}
    if wrapper.verbs:
        places = [at for at in _after_options(terms, 1, wrapper) if at < len(terms)]
        starts = {at + 1 + (terms[at].text == "tool") for at in places if terms[at].text in wrapper.verbs}
    if len(terms) > 1 and terms[1].text == "compose":
        starts = {at + 1 for at, term in enumerate(terms) if term.text in wrapper.verbs}
    ends = {at for start in starts for at in _after_options(terms, start, wrapper)}
    for at in sorted(ends):
        begin = at + wrapper.operands
        if wrapper.operands and begin < len(terms) and terms[begin].text == "--":
            begin += 1
        if begin < len(terms):
            budget.spend(len(terms) - begin)
            yield terms[begin:]


def _after_options(terms: Sequence[Term], start: int, wrapper: Wrapper) -> set[int]:
    """Return where the arguments after the options begin; more than one place where an option is not known."""
    found: set[int] = set()
    waiting, seen = [start], set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        text = terms[at].text if at < len(terms) else ""
        if text == "--":
            found.add(at + 1)
        elif text in wrapper.valued:
            waiting.append(at + 2)
        elif _ASSIGNED.match(text) or (text.startswith(("-", "+")) and len(text) > 1):
            waiting.append(at + 1)
            if text.startswith("--") and "=" not in text and text not in _FLAGS:
                waiting.append(at + 2)
        else:
            found.add(min(at, len(terms)))
    return found
