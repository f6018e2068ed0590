"""The facts of a command: programs started in the end, files written, hosts named, and what is unclear."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from surefoot.core.policy_types import CommandFacts
from surefoot.core.regex import regex
from surefoot.core.shell_names import SHELLS
from surefoot.core.short_text import shortened
from surefoot.shellwords.expansion import DECLARING, EXPANDED_MAX, Term, Values, readings_of, values_in
from surefoot.shellwords.gitwords import git_meaning
from surefoot.shellwords.grammar import read_script
from surefoot.shellwords.inline import PYTHON, Language, code_in, language_of
from surefoot.shellwords.loaded_code import strange_in, written_by
from surefoot.shellwords.syntax import Kind, Piece, Simple, Unreadable, Word
from surefoot.shellwords.word_budget import Budget
from surefoot.shellwords.wrappers import WRAPPERS, inner_of

_DEPTH_MAX = 24
_WALKS_MAX = 6
_CODE_MAX = 4000
_COMMAND_STEPS = 200
"""What looking at one command takes, beside its words: rules are held against it."""
_WORD_STEPS = 10
"""What looking at one word of it takes, beside its characters."""
_WRITE_STEPS = 50
"""What noting one file that is written takes."""
_CODE_STEPS = 10
"""What looking for one thing in code takes for each character."""
_SCRIPT_STEPS = 100
"""The square of the length of a script of sed or awk is looked at in so many characters a step."""
_COMMANDS_MAX = 2000
_SAID_MAX = 40
_SYSTEM_FOLDER = regex(r"^(?:/usr)?(?:/local)?/s?bin/(?=[^/]+$)")
_POSIX_SHELLS = {"sh", "dash", "ash"}
ONLY_BASH = regex(r"\$'|&>|[<>]\(|(?<!\$)\(\(")
"""What a plain `sh` reads otherwise: there `((x))` runs x."""
_SHELL_VALUED = {"--rcfile", "--init-file", "-O", "+O", "-o", "+o"}
_READING_STATEMENTS = {"psql", "mysql", "mariadb", "sqlcmd", "mongosh"}
"""Clients of databases that read statements from standard input, as they do from the file after `-f`."""
_GIVING_STATEMENTS = {"-c", "--command", "-e", "--execute", "--eval", "-Q", "-q", "-l", "--list", "--version"}
"""Options of theirs with which they do not read it."""
_RUNNING_MODULES = {"cProfile", "profile", "trace"}
"""Modules of Python that run another one, named by a second `-m`."""
_STANDARD_INPUT = regex(r"-|/dev/stdin|/dev/fd/\d+|/proc/(?:self|\d+)/fd/\d+|[<>]\(.*", re.DOTALL)
_URL = regex(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://(?:[^/@\s]*@)?(\[[0-9a-f:]+\]|[^/:?#\s]+)", re.IGNORECASE)
_REMOTE = regex(r"(?:[\w.-]+@)?([A-Za-z0-9][\w.-]*):(?!//|\\)")
_REMOTE_PROGRAMS = {"git", "scp", "rsync", "sftp"}
_SSH_VALUED = set("bcDEeFIiJLlmOopQRSWw")
_UNREAD = {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2", "-"}
_GIVING = regex(r"-[a-z]*c|--command")
"""The option after which `su`, `script` and `flock` are given a text."""
_FAMILIES = frozenset(
    """git docker podman kubectl npm pnpm yarn cargo gem gh glab helm terraform tofu pulumi aws gcloud az systemctl apt
    apt-get brew dnf yum twine poetry uv hatch flit pdm heroku vercel flyctl service launchctl""".split()  # noqa: SIM905
)
"""Programs whose first word decides what they do."""
_HOLDING_COMMANDS = frozenset(
    """EDITOR VISUAL PAGER GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_SSH_COMMAND GIT_SSH GIT_EXTERNAL_DIFF
    GIT_ASKPASS SSH_ASKPASS BROWSER MANPAGER LESSOPEN LESSCLOSE GIT_PROXY_COMMAND RSYNC_RSH SUDO_ASKPASS""".split()  # noqa: SIM905
)
_HOLDING_UNKNOWN = regex(
    r"BASH_ENV|LD_PRELOAD|LD_AUDIT|PROMPT_COMMAND|GIT_CONFIG(?:_.*)?|GIT_EXEC_PATH|GIT_TEMPLATE_DIR|PERL5OPT|RUBYOPT|PYTHONSTARTUP|"
    r"BASH_FUNC_.*|SHELLOPTS|BASHOPTS|PS4|PYTHONINSPECT|DYLD_.*|SUREFOOT_HOME"
)
_FIND_RUNS = {"-exec", "-execdir", "-ok", "-okdir"}
_FIND_WRITES = {"-fprint", "-fprintf", "-fls", "-fprint0"}
_PACKERS_RUN = {
    *("--to-command", "--use-compress-program", "--checkpoint-action", "--rsh", "--filter", "--compress-program")
}
"""Options by which archives and transfers are told to run a program."""
_FILTERS = {"sort", "uniq", "head", "tail", "grep", "egrep", "fgrep"}
"""What hands on some of the lines it gets."""
_IGNORED = regex(r"-[a-z]*i[a-z]*|--ignored")
"""The option by which `git ls-files` lists what git ignores."""
_LISTERS = {"ls", "fd", "fdfind", "rg", "ag", "grep", "git", "find", "seq", "docker", "pgrep"}


def facts_in(command: str, budget: Budget) -> CommandFacts:
    """Return what the text does when a shell is given it, as far as the budget lets it be looked at."""
    looking = _Looking({}, budget)
    looking.text(command, "")
    for _ in range(_WALKS_MAX - 1):
        if budget.is_spent or looking.values == looking.known:
            break
        before, looking = looking, _Looking(looking.values, budget)
        looking.text(command, "")
        if budget.is_spent:
            looking.add(before)
    if not budget.is_spent and looking.values != looking.known:
        looking.doubt("what its variables hold changes with every look")
    return looking.facts()


class _Looking:
    """One walk; what variables may hold is known from the walk before."""

    def __init__(self, values: Values, budget: Budget) -> None:
        self.known = values
        separators = [None if word is None else "".join(piece.text for piece in word) for word in values.get("IFS", ())]
        self.splits_oddly = any(text is None or text.strip() for text in separators)
        self.values: Values = {}
        self.commands: dict[tuple[str, ...], None] = {}
        self.writes: dict[str, None] = {}
        self.hosts: dict[str, None] = {}
        self.variables: dict[str, None] = {}
        self.unclear: dict[str, None] = {}
        self.sets: dict[str, None] = {}
        self.functions: dict[str, None] = {}
        self.strange: dict[str, None] = {}
        self.depth = 0
        self.budget = budget

    def facts(self) -> CommandFacts:
        return CommandFacts(
            commands=tuple(self.commands),
            writes=tuple(self.writes),
            hosts=tuple(self.hosts),
            variables=tuple(self.variables),
            unclear="; ".join(list(self.unclear)[:3]) or None,
            sets=tuple(self.sets),
            functions=tuple(self.functions),
            strange=tuple(self.strange),
        )

    def add(self, before: _Looking) -> None:
        """Take over what the walk before has found: this one was broken off."""
        for name in ("commands", "writes", "hosts", "variables", "unclear", "sets", "functions", "strange"):
            setattr(self, name, {**getattr(before, name), **getattr(self, name)})

    def deepen(self, cost: int) -> None:
        self.depth += 1
        self.budget.spend(cost)
        if self.depth > _DEPTH_MAX:
            raise Unreadable(f"programs start programs more than {_DEPTH_MAX} levels deep")

    def doubt(self, reason: str) -> None:
        self.unclear[reason] = None

    def text(self, text: str, whose: str) -> None:
        """Look at a text that a shell is given."""
        depth = self.depth
        try:
            self.deepen(len(text))
            script = read_script(text, self.budget)
            for name, values in values_in(script).items():
                for value in values[: EXPANDED_MAX + 1] if name.isupper() else ():
                    self.assignment(name, value)
                known = self.values.setdefault(name, [])
                for value in values[: EXPANDED_MAX + 1]:
                    self.budget.spend(len(known))
                    known += [value] if value not in known else []
            self.functions.update(dict.fromkeys(sorted(script.functions)))
            if script.evaluates:
                self.strange["an expansion that ends in @P, or an index in `[[ … ]]`, runs what it holds"] = None
            for name in sorted(script.calling_themselves):
                self.doubt(f"the function {name} starts itself again and again")
                self.commands[(":(){ :|:& };:",)] = None
            for simple in script.commands:
                self.simple(simple)
        except Unreadable as error:
            self.doubt(f"{whose}{error}")
        self.depth = depth

    def simple(self, simple: Simple) -> None:
        every = [
            *simple.words,
            *(value for _, value in simple.assignments if value),
            *(one.target for one in simple.redirects),
        ]
        for piece in (piece for word in every for piece in word):
            if piece.kind is Kind.VARIABLE and re.match(r"[A-Za-z_]", piece.text):
                self.variables[piece.text] = None
            if piece.kind is Kind.VARIABLE and not piece.is_quoted and self.splits_oddly:
                self.doubt("IFS changes where words end")
        for name, value in simple.assignments:
            self.assignment(name, value)
        for redirect in simple.redirects:
            self.redirect(redirect.operator, redirect.target)
        for terms in readings_of(simple.words, self.known, self.budget):
            self.run(terms, simple)
            if len(self.commands) > _COMMANDS_MAX:
                raise Unreadable("it runs too many commands")

    def assignment(self, name: str, value: Word | None) -> None:
        for text in [Term("$")] if value is None else self.texts(value):
            self.budget.spend(_WRITE_STEPS + len(text.text))
            self.sets[f"{name}={text.text}"] = None
            if len(text.text) > _CODE_MAX and name.isupper():
                self.strange[f"the variable {name} holds more than can be looked at"] = None
        if _HOLDING_UNKNOWN.fullmatch(name):
            self.doubt(f"the variable {name} changes what programs do")
        if name in _HOLDING_COMMANDS and value is not None:
            for text in self.texts(value):
                self.given(text, f"the variable {name}: ")

    def texts(self, word: Word) -> list[Term]:
        quoted = tuple(Piece(piece.kind, piece.text, is_quoted=True, commands=piece.commands) for piece in word)
        return [term for terms in readings_of([quoted], self.known, self.budget) for term in terms]

    def redirect(self, operator: str, target: Word) -> None:
        if operator in {"<<", "<<<"}:
            return
        for term in self.texts(target):
            text = term.text
            self.budget.spend(_WRITE_STEPS)
            if operator == "<":
                if not text.startswith("<("):
                    self.commands[("<", text)] = None
            elif not (text in _UNREAD or (operator in {">&", "<&"} and re.fullmatch(r"\d+-?|-", text))):
                self.writes[text] = None

    def given(self, term: Term, whose: str = "") -> None:
        """Look at a text that is given to a shell as an argument."""
        if not term.is_known:
            self.doubt(
                f"{whose}a shell is given a text that is not all written here: {shortened(term.text, _SAID_MAX)}"
            )
        self.text(term.text, whose)

    def given_to(self, shell: Term, term: Term) -> None:
        """Look at a text that is given to a certain shell."""
        if shell.text.rpartition("/")[2] in _POSIX_SHELLS and ONLY_BASH.search(term.text):
            self.doubt(f"{shell.text} may read it otherwise than bash does")
        self.given(term)

    def fed(self, simple: Simple) -> list[Term]:
        """Return the texts that here-documents feed to a command."""
        return [term for one in simple.redirects if one.operator in {"<<", "<<<"} for term in self.texts(one.target)]

    def run(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at one command and at all that it runs."""
        if not terms:
            return
        self.deepen(_COMMAND_STEPS)
        name = terms[0].text.rpartition("/")[2] if "/" in terms[0].text else terms[0].text
        if "$" in name or "`" in name or not name or (not terms[0].is_known and "/" not in terms[0].text):
            self.doubt(f"which program {shortened(terms[0].text, _SAID_MAX)} stands for")
            self.seen(terms)
        elif terms[0].is_pattern and name not in {"[", "[["}:
            self.doubt(f"which program the pattern {shortened(terms[0].text, _SAID_MAX)} stands for")
            self.seen(terms)
        else:
            self.dispatch(name, terms, simple)
        self.depth -= 1

    def seen(self, terms: Sequence[Term]) -> None:
        """Note a command as one that runs."""
        first = _SYSTEM_FOLDER.sub("", terms[0].text, count=1) if terms[0].text.startswith("/") else terms[0].text
        words = (first, *(term.text for term in terms[1:]))
        self.budget.spend(sum(_WORD_STEPS + len(word) for word in words))
        self.commands[words] = None
        name = first.rpartition("/")[2]
        for word in words[1:]:
            if "://" in word:
                self.hosts.update(dict.fromkeys(match.group(1) for match in _URL.finditer(word[:2000])))
            remote = _REMOTE.match(word) if name in _REMOTE_PROGRAMS else None
            if remote:
                self.hosts[remote.group(1)] = None
        if name in _FAMILIES:
            operands = [term for term in terms[1:] if not term.text.startswith("-")]
            if operands and (not operands[0].is_known or operands[0].is_pattern):
                self.doubt(f"which command of {name} {shortened(operands[0].text, _SAID_MAX)} stands for")

    def dispatch(self, name: str, terms: Sequence[Term], simple: Simple) -> None:
        special = _SPECIAL.get(name)
        if special is not None:
            special(self, terms, simple)
            return
        language = language_of(name)
        if language is not None:
            self.language(language, terms, simple)
        if name in DECLARING:
            self.declared(terms)
        wrapper = WRAPPERS.get(name)
        inner = [] if wrapper is None else list(inner_of(wrapper, terms, self.budget))
        if wrapper is None or wrapper.is_seen or not inner:
            self.seen(terms)
        if name == "command" and len(terms) > 1 and terms[1].text in {"-v", "-V"}:
            return
        if language is not None and language.reaching is PYTHON:
            self.modules(terms, simple)
        for one in inner:
            self.run(one, simple)

    def modules(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at the module that `python -m` runs, and at the one that this module runs."""
        named = [terms[at + 1 :] for at, term in enumerate(terms) if term.text == "-m"]
        runs_another = bool(named and named[0]) and named[0][0].text in _RUNNING_MODULES
        for one in named[: 2 if runs_another else 1]:
            self.run(one, simple)

    def queried(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at a client of a database; it reads statements from standard input as from the file after `-f`."""
        self.seen(terms)
        is_fed = simple.piped_from is not None or any(one.operator in {"<", "<<", "<<<"} for one in simple.redirects)
        if is_fed and not _GIVING_STATEMENTS & {term.text for term in terms}:
            self.seen([*terms, Term("-f"), Term("-")])

    def declared(self, terms: Sequence[Term]) -> None:
        """Look at what `export` and its like set."""
        for term in terms[1:]:
            name, is_set, value = term.text.partition("=")
            if is_set and name.isidentifier():
                kind = Kind.TEXT if term.is_known else Kind.UNKNOWN
                self.assignment(name, (Piece(kind, value, is_quoted=True),))

    def shell(self, terms: Sequence[Term], simple: Simple) -> None:
        options, operands = _shell_options(terms)
        if {"--version", "--help"} & {*options}:
            self.seen(terms)
            return
        bundles = [option for option in options if not option.startswith("--")]
        takes_text = any(bundle.startswith("-") and "c" in bundle for bundle in bundles)
        reads = any("s" in bundle for bundle in bundles)
        operand = operands[0] if operands else None
        if takes_text and operand is not None:
            self.given_to(terms[0], operand)
        elif operand is None or reads or _STANDARD_INPUT.fullmatch(operand.text):
            fed = self.fed(simple)
            for term in fed:
                self.given_to(terms[0], term)
            if not fed:
                self.seen(terms)
                self.doubt(f"{terms[0].text} runs what it reads")
        else:
            self.seen(terms)
            if not operand.is_known:
                self.doubt(f"which script {shortened(operand.text, _SAID_MAX)} is")

    def language(self, language: Language, terms: Sequence[Term], simple: Simple) -> None:
        codes, is_told = code_in(language, terms)
        if not is_told and language.reads_input:
            codes = self.fed(simple)
            if not codes and (simple.piped_from is not None or terms[-1].text == "-"):
                self.doubt(f"{terms[0].text} runs what it reads")
        elif is_told and not codes and _STANDARD_INPUT.fullmatch(terms[1].text):
            self.doubt(f"{terms[0].text} runs what it reads")
        for code in codes:
            self.code(language, code, terms[0].text)

    def code(self, language: Language, code: Term, program: str) -> None:
        """Look at code that a program is given."""
        length = len(code.text)
        self.budget.spend(_CODE_STEPS * length + (min(length, _CODE_MAX) ** 2 // _SCRIPT_STEPS) * language.is_first)
        found = language.reaching.search(code.text[: _CODE_MAX if language.is_first else None])
        if length > _CODE_MAX and language.is_first:
            self.doubt(f"the code given to {program} is too long to look at")
        elif found:
            self.doubt(f"the code given to {program} has {shortened(found.group(), _SAID_MAX)!r} in it")
        elif not code.is_known and language.reads_input:
            self.doubt(f"{program} is given code that is not all written here")
        strange = strange_in(language, code.text)
        if strange is not None:
            self.strange[strange] = None
        for path in written_by(language, code.text[:_CODE_MAX]):
            if path is None:
                self.strange[f"the code given to {program} writes files that it does not name"] = None
            elif path not in _UNREAD:
                self.writes[path] = None

    def evaluated(self, terms: Sequence[Term], _simple: Simple) -> None:
        self.given(Term(" ".join(term.text for term in terms[1:]), all(term.is_known for term in terms[1:])))

    def sourced(self, terms: Sequence[Term], simple: Simple) -> None:
        self.seen(terms)
        if len(terms) > 1 and (not terms[1].is_known or _STANDARD_INPUT.fullmatch(terms[1].text)):
            fed = self.fed(simple)
            for term in fed:
                self.given(term)
            if not fed:
                self.doubt(f"what {shortened(terms[1].text, _SAID_MAX)} holds, which is run")

    def trapped(self, terms: Sequence[Term], _simple: Simple) -> None:
        self.seen(terms)
        operands = [term for term in terms[1:] if not term.text.startswith("-")]
        if len(operands) > 1:
            self.given(operands[0])

    def aliased(self, terms: Sequence[Term], _simple: Simple) -> None:
        self.seen(terms)
        for term in terms[1:]:
            if "=" in term.text:
                self.doubt("an alias changes what a name means")
                self.given(Term(term.text.partition("=")[2], term.is_known))

    def git(self, terms: Sequence[Term], simple: Simple) -> None:
        meaning = git_meaning(terms)
        self.seen(meaning.words)
        if meaning.unclear:
            self.doubt(meaning.unclear)
        if meaning.strange:
            self.strange[meaning.strange] = None
        for script in meaning.scripts:
            self.given(script)
        for command in meaning.commands:
            self.run(command, simple)

    def found(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at what `find` runs."""
        texts = [term.text for term in terms]
        first = next((at for at, text in enumerate(texts) if text in _FIND_RUNS), len(terms))
        self.seen(terms[:first] if "-delete" not in texts else [term for term in terms if term.text != ";"])
        each = _each_found(texts)
        at = 1
        while at < len(terms):
            if texts[at] in _FIND_RUNS:
                behind = range(at + 1, len(terms))
                ends = (to for to in behind if texts[to] == ";" or texts[to - 1 : to + 1] == ["{}", "+"])
                end = next(ends, len(terms))
                inner = terms[at + 1 : end]
                self.run([Term(one.text.replace("{}", each), one.is_known, one.is_pattern) for one in inner], simple)
                at = end
            elif texts[at] in _FIND_WRITES and at + 1 < len(terms):
                self.writes[texts[at + 1]] = None
            at += 1

    def many(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at what `xargs` runs, with the arguments that come in as far as they are known."""
        self.seen(terms)
        incoming = _incoming(simple.piped_from)
        given = incoming or [Term("$input", is_known=False)]
        options = enumerate(terms[:-1])
        marks = (term.text[2:] or terms[at + 1].text for at, term in options if term.text.startswith("-I"))
        mark = next(marks, None)
        for inner in inner_of(WRAPPERS["xargs"], terms, self.budget):
            if mark is None:
                self.run([*inner, *given], simple)
            else:
                replaced = ((term.text.replace(mark, given[0].text), term.is_known) for term in inner)
                self.run([Term(text, is_known or bool(incoming)) for text, is_known in replaced], simple)

    def remote(self, terms: Sequence[Term], _simple: Simple) -> None:
        """Look at what `ssh` runs elsewhere: it counts as if it ran here."""
        self.seen(terms)
        at = 1
        while at < len(terms) and terms[at].text.startswith("-"):
            at += 2 if len(terms[at].text) == 2 and terms[at].text[1] in _SSH_VALUED else 1
        if at < len(terms):
            self.hosts[terms[at].text.rpartition("@")[2]] = None
        if at + 1 < len(terms):
            self.evaluated(terms[at:], _simple)

    def split(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at what `env` runs; `-S` gives it in one argument."""
        for at, term in enumerate(terms):
            if term.text.startswith(("-S", "--split-string")):
                value = term.text.removeprefix("--split-string").removeprefix("-S").removeprefix("=")
                given = [Term(value, term.is_known), *terms[at + 1 :]] if value else terms[at + 1 :]
                self.evaluated([term, *given], simple)
                return
        if any(term.text.startswith(("-C", "--chdir")) for term in terms):
            self.strange["env starts a program in another folder"] = None
        inner = list(inner_of(WRAPPERS["env"], terms, self.budget))
        for one in inner:
            self.run(one, simple)
        self.declared(terms)
        if not inner:
            self.seen(terms)

    def switched(self, terms: Sequence[Term], simple: Simple) -> None:
        """Look at what `su -c`, `script -c` and `flock -c` are given."""
        self.seen(terms)
        name = terms[0].text.rpartition("/")[2]
        if not any(_GIVING.fullmatch(term.text) for term in terms) and name in WRAPPERS:
            for one in inner_of(WRAPPERS[name], terms, self.budget):
                self.run(one, simple)
        for at, term in enumerate(terms[:-1]):
            if _GIVING.fullmatch(term.text):
                self.given(terms[at + 1])

    def packed(self, terms: Sequence[Term], _simple: Simple) -> None:
        """Look at archives and transfers that are told to run something."""
        self.seen(terms)
        for at, term in enumerate(terms):
            option, _, value = term.text.partition("=")
            if option in _PACKERS_RUN and value:
                self.given(Term(value.removeprefix("exec="), term.is_known))
            elif terms[0].text.endswith(("tar", "rsync")) and term.text in {"-I", "-e", "-F"} and at + 1 < len(terms):
                self.given(terms[at + 1])


def _shell_options(terms: Sequence[Term]) -> tuple[list[str], Sequence[Term]]:
    """Return the options that a shell is given, without their values, and what follows them."""
    options: list[str] = []
    at = 1
    while at < len(terms) and terms[at].text[:1] in {"-", "+"} and terms[at].text != "-":
        text = terms[at].text
        at += 1
        if text == "--":
            break
        options.append(text)
        ends_with_option = not text.startswith("--") and len(text) > 2 and text[-1] in "oO"
        at += text in _SHELL_VALUED or ends_with_option
    return options, terms[at:]


def _incoming(before: Simple | None) -> list[Term]:
    """Return what a pipeline hands on as arguments, for what only lists files; nothing where that is not known."""
    while before is not None and before.words:
        words = [Term("".join(p.text for p in word), all(p.kind is Kind.TEXT for p in word)) for word in before.words]
        if words[0].text not in _FILTERS or before.piped_from is None:
            return _listed(words)
        before = before.piped_from
    return []


def _listed(words: Sequence[Term]) -> list[Term]:
    """Return what a command that only lists words or files prints; nothing where it may do more."""
    name, texts = words[0].text, [word.text for word in words]
    if name in {"echo", "printf"} and all(word.is_known for word in words):
        return [Term(word) for text in texts[1:] for word in text.replace("\\n", " ").replace("\\0", " ").split()]
    if name == "find":
        return [] if "-printf" in texts else [Term(_each_found(texts))]
    if name not in _LISTERS:
        return []
    if "ls-files" in texts and any(_IGNORED.fullmatch(text) for text in texts):
        return [Term("git-ignored/{}")]
    far = [text for text in texts[1:] if text.startswith(("/", "~", "$", ".."))]
    return [Term(f"{far[0].rstrip('/')}/{{}}" if far else "{}")]


def _each_found(texts: Sequence[str]) -> str:
    """Return what stands for each file that `find` finds: a path below the folder where it begins."""
    start = next((text for text in texts[1:] if not text.startswith(("-", "(", "!"))), ".")
    return f"{start.rstrip('/')}/{{}}"


_Special = Callable[[_Looking, Sequence[Term], Simple], None]
_SPECIAL: Mapping[str, _Special] = {
    **dict.fromkeys(SHELLS, _Looking.shell),
    **dict.fromkeys(_READING_STATEMENTS, _Looking.queried),
    **dict.fromkeys(("su", "script", "runuser", "flock"), _Looking.switched),
    **dict.fromkeys(("tar", "bsdtar", "gtar", "rsync", "split", "sort"), _Looking.packed),
    "eval": _Looking.evaluated,
    "source": _Looking.sourced,
    ".": _Looking.sourced,
    "trap": _Looking.trapped,
    "alias": _Looking.aliased,
    "git": _Looking.git,
    "find": _Looking.found,
    "xargs": _Looking.many,
    "ssh": _Looking.remote,
    "env": _Looking.split,
}
