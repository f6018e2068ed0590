"""The line that a person types at a prompt, where the terminal hands over each key by itself."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import field

from surefoot.core.record import record
from surefoot.core.regex import regex

_STEERING = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")
"""What arrows and the like send."""
_ERASE, _ERASE_WORD, _ERASE_ALL, _LEAVE = "\x7f\b", "\x17", "\x15", "\x04"


@record(frozen=False, kw_only=False)
class TypedLine:
    """Shows what is typed, lets it be corrected, and hands over whole lines."""

    show: Callable[[str], None] | None = None
    """Writes to the terminal; None: the terminal itself shows what is typed."""
    text: str = ""
    """What of the line has been typed so far."""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def feed(self, typed: bytes) -> Iterator[str | None]:
        """Yield each line that is whole now, and None where the person leaves by Ctrl-D."""
        for char in _STEERING.sub("", self._decoder.decode(typed)):
            if char in "\r\n":
                yield self.take()
            elif char == _LEAVE:
                if not self.text:
                    yield None
            elif char in _ERASE:
                self._erase(1)
            elif char == _ERASE_WORD:
                self._erase(len(self.text) - self.text.rstrip().rfind(" ") - 1)
            elif char == _ERASE_ALL:
                self._erase(len(self.text))
            elif char.isprintable():
                self.text += char
                self._say(char)

    def take(self) -> str:
        """Return the line as it is, and begin another one."""
        line, self.text = self.text, ""
        self._say("\n")
        return line

    def _erase(self, count: int) -> None:
        from rich.cells import cell_len

        count = min(count, len(self.text))
        cells = cell_len(self.text[len(self.text) - count :])
        self.text = self.text[: len(self.text) - count]
        self._say("\b" * cells + " " * cells + "\b" * cells)

    def _say(self, text: str) -> None:
        if self.show is not None and text:
            self.show(text)
