"""The tree of errors, as drawn for people, is the tree of errors as it is."""

from __future__ import annotations

from surefoot import errors


def drawn() -> dict[str, str | None]:
    """Each error in the module's drawing with the one it hangs from; the depth is where the name begins."""
    tree: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").split("```")[1].strip().splitlines():
        name = line.lstrip("│├└ ")
        depth = len(line) - len(name)
        above = [place for place in above if place[0] < depth]
        tree[name] = above[-1][1] if above else None
        above.append((depth, name))
    return tree


def existing(root: type[errors.SurefootError], parent: str | None = None) -> dict[str, str | None]:
    """Each error class below the root, itself included, with the class it derives from."""
    tree: dict[str, str | None] = {root.__name__: parent}
    for child in root.__subclasses__():
        tree |= existing(child, root.__name__)
    return tree


def test_the_drawn_error_tree_equals_the_classes() -> None:
    """Who reads the docstring of `surefoot.errors` knows every class and its parent."""
    assert drawn() == existing(errors.SurefootError)
