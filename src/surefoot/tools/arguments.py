"""Typed access to the arguments of a tool call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from surefoot.core.record import record


@record(kw_only=False)
class Arguments(Mapping[str, object]):
    """What a tool is called with, as JSON has it; null means left out. A value of another type counts as left out."""

    values_by_name: Mapping[str, object]

    def __getitem__(self, key: str) -> object:
        """Return a value as it is."""
        return self.values_by_name[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self.values_by_name)

    def __len__(self) -> int:
        """Return how many arguments there are."""
        return len(self.values_by_name)

    def text(self, key: str) -> str:
        """Return a text; empty where none is given."""
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int) -> int:
        """Return a whole number."""
        value = self.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def number_or_none(self, key: str) -> int | None:
        """Return a whole number, or None where none is given."""
        return None if self.get(key) is None else self.number(key, 0)

    def flag(self, key: str) -> bool:
        """Return whether something is switched on."""
        return self.get(key) is True

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(each for each in self._list(key) if isinstance(each, str))

    def objects(self, key: str) -> tuple[Arguments, ...]:
        """Return a list of objects."""
        return tuple(
            Arguments(cast("Mapping[str, object]", each)) for each in self._list(key) if isinstance(each, Mapping)
        )

    def table(self, key: str) -> Arguments | None:
        """Return an object, or None where none is given."""
        value = self.get(key)
        return Arguments(cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else None

    def _list(self, key: str) -> Sequence[object]:
        value = self.get(key)
        return cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
