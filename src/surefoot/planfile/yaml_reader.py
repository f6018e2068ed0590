"""YAML as a tree: read quickly where nothing in it is rare, and carefully where something is, or is wrong."""

from __future__ import annotations

from surefoot.planfile.tree import Flaw, Place, Tree

LENGTH_MAX = 4_000_000
"""No plan is longer: reading it would take longer than a minute. 10,000 steps need less than a million characters."""


def read_tree(text: str) -> Tree | Flaw:
    """Return the text's one document as a tree, or why it is none."""
    if len(text) > LENGTH_MAX:
        way_out = "where many steps need the same steps, put one step between them"
        return Flaw(Place(1, 1), f"it has {len(text)} characters; at most {LENGTH_MAX} were expected; {way_out}")
    try:
        from surefoot.planfile.quick_yaml import quick_tree
    except ImportError:  # PyYAML was built without libyaml
        tree = None
    else:
        tree = quick_tree(text)
    if tree is not None:
        return tree
    from surefoot.planfile.careful_yaml import careful_tree

    return careful_tree(text)
