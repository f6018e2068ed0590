"""A reader of JUnit XML: test ids and results from any writer of the format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

from surefoot.checks.test_judgement import Result, collect
from surefoot.safe_open import open_plain

SIZE_MAX = 256 * 1024 * 1024
"""Larger files are not read, in bytes."""
_RESULTS = {"failure": Result.FAILED, "error": Result.FAILED, "skipped": Result.SKIPPED}


class JunitUnreadable(Exception):
    """The file is no JUnit XML that can be trusted; the message says why."""


def read_junit(path: Path) -> dict[str, Result] | None:
    """Return each test's result, or None when there is no file.

    Raises:
        JunitUnreadable: it is not a plain file, too large, not well-formed, or declares a document type.
    """
    try:
        content = open_plain(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JunitUnreadable(f"it cannot be opened: {error.strerror}") from error
    with content:
        size = os.fstat(content.fileno()).st_size
        if size > SIZE_MAX:
            raise JunitUnreadable(f"it has {size} bytes, more than the {SIZE_MAX} that are read")
        cases = _Cases()
        try:
            cases.parser.ParseFile(content)
        except expat.ExpatError as error:
            raise JunitUnreadable(f"it is no well-formed XML: {error}") from error
    return collect(cases.found)


class _Cases:
    """Gathers test cases while the parser goes through the file."""

    def __init__(self) -> None:
        """Make a parser that reports here."""
        self.found: list[tuple[str, Result]] = []
        self._name: str | None = None
        self._result = Result.PASSED
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _refuse_doctype

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "testcase":
            self._name = f"{attributes.get('classname', '')}::{attributes.get('name', '')}"
            self._result = Result.PASSED
        elif self._name is not None and tag in _RESULTS and self._result is not Result.FAILED:
            self._result = _RESULTS[tag]

    def _end(self, tag: str) -> None:
        if tag == "testcase" and self._name is not None:
            self.found.append((self._name, self._result))
            self._name = None


def _refuse_doctype(*_: object) -> None:
    raise JunitUnreadable("it declares a document type, which JUnit XML has no use for")
