"""How records are made: as dataclasses with slots, but quickly.

Python writes and compiles up to nine methods for a dataclass when its class is made; with the hundreds of records of
this program that took a quarter of the processor time of a short run, although each command uses few of them. Here all
records share their methods; only `__init__`, on which an engine's speed hangs, is compiled, once it has been used a few
times; and `dataclasses` is asked about the fields of a record when somebody else wants to know them.
What comes out is a dataclass to all others: `fields`, `replace` and `asdict` work, and it is equal, hashed and written
as `dataclass(frozen=True, slots=True, kw_only=True)` has it, or with other arguments where a record is told otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from functools import cache, partial
from typing import Any, TypeVar, cast, dataclass_transform, overload

T = TypeVar("T")
_DESCRIBED = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
_DECLARED = "__declared__"
_NOT_COPIED = frozenset({"__dict__", "__weakref__"})
_NO_FIELD = ("ClassVar", "typing.ClassVar")
_USES_MAX = 4
"""From this use on `__init__` is a compiled one; to compile it takes as long as some ten uses without."""
_OPENED_FROM = 4
"""From so many fields on, those of a frozen record are set quicker while it is of a class that is not frozen."""


@overload
def record(kind: type[T], /) -> type[T]: ...
@overload
def record(*, frozen: bool = True, kw_only: bool = True, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(
    kind: type[T] | None = None, /, *, frozen: bool = True, kw_only: bool = True, eq: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make the class a dataclass with slots: frozen, and with fields given by keyword, unless it is told otherwise.

    Args:
        kind: The class.
        frozen: Whether its fields cannot be set anew; only then has it a hash.
        kw_only: Whether its fields are given by keyword alone.
        eq: Whether it is equal to others by its fields; else it is equal to itself alone.
    """
    methods = {**_METHODS, **(_FROZEN if frozen else {})}
    if eq:
        methods |= {"__eq__": _is_equal, "__hash__": _hash if frozen else None}

    def make(kind: type[T]) -> type[T]:
        own = [name for name, said in kind.__annotations__.items() if not str(said).startswith(_NO_FIELD)]
        known = {name for base in kind.__mro__[1:-1] for name in vars(base).get("__slots__", ())}
        body = {name: one for name, one in vars(kind).items() if name not in own and name not in _NOT_COPIED}
        described = {name: _Described(kind, kw_only=kw_only) for name in _DESCRIBED}
        slots = tuple(name for name in own if name not in known)
        inner = {
            **methods,
            **body,
            **described,
            _DECLARED: (kind, kw_only),
            "__slots__": slots,
            "__qualname__": kind.__qualname__,
        }
        made: type[T] = type(kind)(kind.__name__, kind.__bases__, inner)
        return made

    return make if kind is None else make(kind)


class _Described:
    """Stands for what `dataclasses` knows of a record until someone asks for it: that, too, takes long."""

    def __init__(self, declared: type[Any], *, kw_only: bool) -> None:
        self._declared = declared
        self._kw_only = kw_only

    def __set_name__(self, kind: type[Any], name: str) -> None:
        self._kind = kind
        self._name = name

    def __get__(self, instance: object, kind: type[Any]) -> Any:
        # A class of its own each time: two threads may ask at once, and `dataclass` changes the class it is given.
        declared, metaclass = self._declared, cast("Any", type(self._declared))
        body = {name: one for name, one in vars(declared).items() if name not in _NOT_COPIED}
        copied = metaclass(declared.__name__, declared.__bases__, {**body, "__doc__": "A copy."})
        found = dataclass(init=False, repr=False, eq=False, kw_only=self._kw_only)(copied)
        for name in _DESCRIBED:
            setattr(self._kind, name, getattr(found, name))
        return getattr(self._kind, self._name)


def is_record(kind: object) -> bool:
    """Return whether this is a class that `record` made."""
    return isinstance(kind, type) and _DECLARED in vars(kind)


@cache
def fields_of(kind: type[Any]) -> Mapping[str, Field[Any]]:
    """Return the fields of a record by name, without asking `dataclasses`."""
    found: dict[str, Field[Any]] = {}
    for base in reversed(kind.__mro__):
        if _DECLARED in vars(base):
            declared, kw_only = vars(base)[_DECLARED]
            found |= _declared_fields(declared, kw_only=kw_only)
    return found


def _declared_fields(kind: type[Any], *, kw_only: bool) -> dict[str, Field[Any]]:
    """Return the fields that a class itself declares, as `dataclasses` would have them."""
    found: dict[str, Field[Any]] = {}
    for name, said in kind.__annotations__.items():
        if said == "KW_ONLY":
            kw_only = True
        elif not str(said).startswith(_NO_FIELD):
            given: Any = vars(kind).get(name, MISSING)
            one = cast("Field[Any]", given if isinstance(given, Field) else field(default=given))
            one.name, one.type = name, said
            one.kw_only = kw_only if one.kw_only is MISSING else one.kw_only
            found[name] = one
    return found


class _Init:
    """Stands for the `__init__` of a record until it has been used often enough to be worth compiling."""

    def __init__(self) -> None:
        self._uses: Counter[type[Any]] = Counter()

    def __get__(self, instance: object, kind: type[Any]) -> Callable[..., None]:
        self._uses[kind] += 1
        if instance is not None and self._uses[kind] < _USES_MAX:
            return partial(_fill, instance)
        return _compiled(kind).__get__(instance, kind)


def _compiled(kind: type[Any]) -> Any:
    kind.__init__ = _init_of(kind)
    return kind.__init__


def _fill(self: object, *args: object, **given: object) -> None:
    """Set the fields from what is given by keyword; what is given otherwise is left to the compiled `__init__`."""
    kind: type[Any] = type(self)
    left, values = dict(given), dict[str, object]()
    for name, one in fields_of(kind).items():
        if one.init and name in left:
            values[name] = left.pop(name)
        elif one.default is not MISSING:
            values[name] = one.default
        elif one.default_factory is not MISSING:
            values[name] = one.default_factory()
        elif one.init:
            left[name] = MISSING  # what has to be given, and is not
    if args or left:
        _compiled(kind)(self, *args, **given)
        return
    for name, value in values.items():
        object.__setattr__(self, name, value)
    if hasattr(kind, "__post_init__"):
        cast("Any", self).__post_init__()


def _init_of(kind: type[Any]) -> Callable[..., None]:
    """Return an `__init__` that takes each field as the class declares it."""
    known: dict[str, object] = {"_missing": MISSING}
    taken: dict[bool, list[str]] = {False: [], True: []}
    values: dict[str, str] = {}
    for name, one in fields_of(kind).items():
        default, value = f"_default_{name}", name
        word = name
        if one.default is not MISSING:
            known[default] = one.default
            word, made = f"{name}={default}", default
        elif one.default_factory is not MISSING:
            known[default] = one.default_factory
            word, made = f"{name}=_missing", f"{default}()"
            value = f"{made} if {name} is _missing else {name}"
        else:
            made = ""
        if one.init:
            taken[bool(one.kw_only)].append(word)
        else:
            value = made
        if value:
            values[name] = value
    lines = _assignments(kind, values, known)
    if hasattr(kind, "__post_init__"):
        lines.append("  self.__post_init__()\n")
    words = [*taken[False], *(["*", *taken[True]] if taken[True] else [])]
    exec(f"def __init__(self, {', '.join(words)}):\n{''.join(lines) or '  pass'}", known)  # noqa: S102 - of our own words alone
    made: Any = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    made.__annotations__ = {**{name: one.type for name, one in fields_of(kind).items()}, "return": None}
    return made


def _assignments(kind: type[Any], values: Mapping[str, str], known: dict[str, object]) -> list[str]:
    """Return the lines that set the fields; what they name is added to what is known."""
    plain = [f"  self.{name} = {value}\n" for name, value in values.items()]
    if kind.__setattr__ is object.__setattr__:
        return plain
    if len(values) < _OPENED_FROM:
        known |= {f"_set_{name}": getattr(kind, name).__set__ for name in values}  # of its slot, which nothing refuses
        return [f"  _set_{name}(self, {value})\n" for name, value in values.items()]
    known |= {"_become": object.__dict__["__class__"].__set__, "_kind": kind, "_open": _opened(kind)}
    return ["  _become(self, _open)\n", *plain, "  self.__class__ = _kind\n"]


def _opened(kind: type[Any]) -> type[Any]:
    """Return a class of the same fields that lets them be set."""
    body = {"__slots__": vars(kind)["__slots__"], "__setattr__": object.__setattr__}
    metaclass = cast("Any", type(kind))
    return metaclass(kind.__name__, kind.__bases__, body)


def _values(self: object) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in fields_of(type(self))])


def _is_equal(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _written(self: object) -> str:
    kind: type[Any] = type(self)
    said = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields_of(kind).values() if one.repr)
    return f"{type(self).__qualname__}({said})"


def _refuse_setting(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _restore(self: object, state: tuple[None, Mapping[str, object]]) -> None:
    """Fill a copy, or what was pickled."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)


_METHODS: Mapping[str, object] = {"__init__": _Init(), "__repr__": _written}
_FROZEN: Mapping[str, object] = {
    "__setattr__": _refuse_setting,
    "__delattr__": _refuse_deleting,
    "__setstate__": _restore,
}
