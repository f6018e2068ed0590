"""`record`: frozen dataclasses of the core, made quickly.

Python compiles seven methods for each frozen dataclass; with more than a hundred records this took half the time until
`surefoot status` answers. Here all records share their methods, and only `__init__`, on which an engine's speed
depends, is compiled on first use. The result behaves as `dataclass(frozen=True, slots=True, kw_only=True)` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(kind: type[T]) -> type[T]:
    """Make the class a frozen dataclass with slots, whose fields are given by keyword."""
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(kind)
    for name, method in _METHODS.items():
        setattr(made, name, method)
    return made


class _Init:
    """Stands for the `__init__` of a record until someone asks for it."""

    def __get__(self, instance: object, kind: type[Any]) -> Callable[..., None]:
        made: Any = _init_of(kind)
        kind.__init__ = made
        return made.__get__(instance, kind)


def _init_of(kind: type[Any]) -> Callable[..., None]:
    """Return an `__init__` that takes each field by keyword."""
    known: dict[str, object] = {"_set": object.__setattr__, "_missing": MISSING}
    taken: list[str] = []
    lines: list[str] = []
    for one in fields(kind):
        name, default, value = one.name, f"_default_{one.name}", one.name
        if one.default is not MISSING:
            known[default] = one.default
            taken.append(f"{name}={default}")
        elif one.default_factory is not MISSING:
            known[default] = one.default_factory
            taken.append(f"{name}=_missing")
            value = f"{default}() if {name} is _missing else {name}"
        else:
            taken.append(name)
        lines.append(f"  _set(self, {name!r}, {value})\n")
    exec(f"def __init__(self, *, {', '.join(taken)}):\n{''.join(lines)}", known)  # noqa: S102 - of our own words alone
    made: Any = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    made.__annotations__ = {**{one.name: one.type for one in fields(kind)}, "return": None}
    return made


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _values(self: object) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in _names(type(self))])


def _is_equal(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _written(self: object) -> str:
    said = ", ".join(f"{name}={getattr(self, name)!r}" for name in _names(type(self)))
    return f"{type(self).__qualname__}({said})"


def _refuse_setting(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _restore(self: object, state: tuple[None, Mapping[str, object]]) -> None:
    """Fill a copy, or what was pickled."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)


_METHODS: Mapping[str, object] = {
    "__init__": _Init(),
    "__repr__": _written,
    "__eq__": _is_equal,
    "__hash__": _hash,
    "__setattr__": _refuse_setting,
    "__delattr__": _refuse_deleting,
    "__setstate__": _restore,
}
