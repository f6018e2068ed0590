"""What a record is to everyone else: the same as a frozen dataclass."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any, cast

import pytest

from surefoot.api.python_plans import Step
from surefoot.core.events import EVENTS
from surefoot.core.record import fields_of, record


@record
class Place:
    """A record."""

    name: str
    rows: tuple[int, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict[str, str])


@record
class Corner(Place):
    """A record with one more field."""

    depth: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The same fields, made by Python."""

    name: str
    rows: tuple[int, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict[str, str])


@record(frozen=False, kw_only=False)
class Tally:
    """A record that changes, and whose fields are given by place."""

    name: str
    unit: str = field(default="s", kw_only=True)
    amounts: list[int] = field(default_factory=list[int], init=False)
    total: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.total = 0


@record(eq=False)
class Mark:
    """A record that is equal to itself alone."""

    name: str


def test_a_record_takes_the_arguments_a_dataclass_takes() -> None:
    """So that help and editors say how it is made."""
    ours, theirs = inspect.signature(Place), inspect.signature(Known)
    assert list(ours.parameters) == list(theirs.parameters)
    assert [one.kind for one in ours.parameters.values()] == [one.kind for one in theirs.parameters.values()]


def test_a_record_is_written_as_a_dataclass_is() -> None:
    """Digests of what a person approved are made of it, and stand in journals."""
    written = repr(Known(name="a", rows=(1,), words={"x": "y"}))
    assert repr(Place(name="a", rows=(1,), words={"x": "y"})) == written.replace("Known", "Place")


def test_a_record_has_the_fields_of_the_class_it_extends_first() -> None:
    """Its `__init__` is its own, even when the other's was used before."""
    assert Place(name="a").rows == ()
    assert asdict(Corner(name="a", depth=2.0)) == {"name": "a", "rows": (), "words": {}, "depth": 2.0}


def test_a_default_that_can_change_is_made_for_each_record() -> None:
    """No two records share a dictionary."""
    assert Place(name="a").words == {}
    assert Place(name="a").words is not Place(name="a").words


@pytest.mark.parametrize("given", [{}, {"name": "a", "other": 1}], ids=["too few", "too many"])
def test_a_record_refuses_other_fields_than_its_own(given: Mapping[str, str]) -> None:
    """As any function does that is called wrongly."""
    with pytest.raises(TypeError, match=r"Place\.__init__\(\)"):
        Place(**given)


def test_records_are_equal_by_their_fields_and_their_class() -> None:
    """A record is no other class's, not even with the same fields."""
    assert Corner(name="a") == Corner(name="a") != Corner(name="a", depth=1.0)
    assert Place(name="a") != Corner(name="a")
    assert Place(name="a") != Known(name="a")


def test_equal_records_have_one_hash() -> None:
    """So that they can stand in sets."""
    assert len({Place(name="a", words=_NO_WORDS), Place(name="a", words=_NO_WORDS)}) == 1


class _NoWords(dict[str, str]):
    """A mapping that can be hashed."""

    def __hash__(self) -> int:
        return 0


_NO_WORDS = _NoWords()


def test_a_record_does_not_change() -> None:
    """Neither is a field set anew nor taken away, nor is one added."""
    place = Place(name="a")
    with pytest.raises(FrozenInstanceError, match="'name'"):
        setattr(place, "name", "b")  # noqa: B010 - written plainly, the type checker refuses it
    with pytest.raises(FrozenInstanceError, match="'name'"):
        delattr(place, "name")
    assert not hasattr(place, "__dict__")


@pytest.mark.parametrize("kind", [Mark, Corner])
def test_a_record_is_of_its_class_and_does_not_change_however_often_it_was_made(kind: type[Place]) -> None:
    """From a few uses on it is made another way, and that depends on how many fields it has."""
    for _ in range(9):
        made = kind(name="kitchen")
        assert type(made) is kind
        with pytest.raises(FrozenInstanceError):
            setattr(made, "name", "hall")  # noqa: B010 - written plainly, the type checker refuses it


def test_a_record_is_copied_and_pickled_whole() -> None:
    """Though it does not change, what fills a copy may set its fields."""
    place = Corner(name="a", rows=(1, 2), words={"x": "y"})
    assert copy.deepcopy(place) == place == pickle.loads(pickle.dumps(place))  # noqa: S301 - made just here


def test_a_record_is_replaced_and_looked_into_like_a_dataclass() -> None:
    """What works on dataclasses works on records."""
    assert replace(Place(name="a", rows=(1,)), name="b") == Place(name="b", rows=(1,))
    assert [one.name for one in fields(Corner)] == ["name", "rows", "words", "depth"]


def test_a_record_that_may_change_is_set_anew_and_has_no_hash() -> None:
    """As with a dataclass: a hash that changes is of no use."""
    tally = Tally("a", unit="m")
    tally.total = 5
    assert tally != Tally("a", unit="m")
    with pytest.raises(TypeError, match="unhashable"):
        hash(tally)


def test_a_record_has_fields_that_nobody_gives() -> None:
    """They get their default, or are set once the others are."""
    one, other = Tally("a"), Tally("a")
    one.amounts.append(1)
    assert (other.amounts, other.total) == ([], 0)
    assert repr(other) == "Tally(name='a', unit='s', amounts=[])"


def test_fields_are_given_by_place_only_where_a_record_says_so() -> None:
    """And never those that are marked as given by keyword."""
    with pytest.raises(TypeError, match="positional argument"):
        Tally("a", "m")
    with pytest.raises(TypeError, match="positional argument"):
        Place("a")


def test_a_record_can_be_equal_to_itself_alone() -> None:
    """Then two with the same fields are two in a set."""
    mark = Mark(name="a")
    assert mark == mark != Mark(name="a")  # noqa: PLR0124 - that is what is asked
    assert len({mark, Mark(name="a")}) == 2


@pytest.mark.parametrize("uses", [1, 20])
@pytest.mark.parametrize("given", [{}, {"name": "a", "rows": 1}, {"name": "a", "other": 1}], ids=["few", "own", "many"])
def test_a_record_refuses_wrong_fields_however_often_it_was_made(given: Mapping[str, object], uses: int) -> None:
    """Its first uses are not compiled; what they take and refuse is the same."""

    @record
    class Count:
        name: str
        rows: int = field(init=False, default=0)

    made = [Count(name="a") for _ in range(uses)]
    assert all(one == Count(name="a") and one.rows == 0 for one in made)
    with pytest.raises(TypeError, match=r"Count\.__init__\(\) (missing|got)"):
        cast("Any", Count)(**given)


@pytest.mark.parametrize("kind", [Place, Corner, Tally, Step, *EVENTS], ids=lambda kind: kind.__name__)
def test_the_fields_of_a_record_are_those_that_dataclasses_knows(kind: type[Any]) -> None:
    """They are found without it, as that takes long."""
    for ours, theirs in zip(fields_of(kind).values(), fields(kind), strict=True):
        assert (ours.name, ours.type, ours.default, ours.default_factory, ours.init, ours.kw_only) == (
            *(theirs.name, theirs.type, theirs.default, theirs.default_factory, theirs.init, theirs.kw_only),
        )
