"""`cost`: what a run's models used, for what, and how much is left of its limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.cli.lookup import find_run
from surefoot.cli.screen import Screen
from surefoot.core.money import money
from surefoot.core.short_text import counted
from surefoot.views.cost_shape import CostShape, NamedShape, cost_of
from surefoot.views.lines import EMPTY, Line, Style, one_line, tokens

_CELLS = 20
_NAME_MOST = 40
_NEAR = 0.8
_SIDES = {"phase": "By phase", "step": "By step", "role": "By role", "model": "By model"}


def cost(name: str | None, repo: Path | None, screen: Screen) -> int:
    """Show what a run's models took."""
    with Home() as home:
        found = cost_of(home, find_run(home, name, repo))
    if screen.is_json:
        screen.document(found)
    screen.page(cost_lines(found, is_ascii=not screen.draws_lines))
    return 0


def cost_lines(found: CostShape, *, is_ascii: bool) -> Iterator[Line]:
    """Yield what was spent in all, then from each side."""
    yield Line(f"Run {found['run']}: {one_line(found['goal'])}", "head", hang=2)
    total, limits = found["total"], found["limits"]
    if not total["requests"]:
        yield Line("No model was asked.")
        if found["bodies_usd"]:
            yield Line(f"Its bodies reported a cost of {money(found['bodies_usd'])}.")
        return
    spent_usd = total["cost_usd"] + found["bodies_usd"]
    rows = (
        (money(spent_usd), spent_usd, limits["cost_usd"], money(limits["cost_usd"] or 0)),
        (f"{total['tokens']:,} tokens", total["tokens"], limits["tokens"], f"{limits['tokens'] or 0:,}"),
        (counted(total["requests"], "request"), total["requests"], limits["requests"], f"{limits['requests'] or 0:,}"),
    )
    widest = max(len(said) for said, _, _, _ in rows)
    for said, used, limit, limit_said in rows:
        if limit is None:
            yield Line(f"  {said:<{widest}}  no limit")
            continue
        share = used / limit if limit else 1.0
        style: Style = "bad" if share >= 1 else "warn" if share >= _NEAR else "good"
        bar = bar_of(share, is_ascii=is_ascii)
        yield Line(f"  {said:<{widest}}  {bar}  {share:.0%} of {limit_said}", style, styled=widest + 4 + len(bar))
    yield from _remark_lines(found)
    for side, title in _SIDES.items():
        yield from (EMPTY, Line(title, "head"))
        yield from _side_lines(found["by"][side], is_ascii=is_ascii)
    yield from _price_lines(found)


def _remark_lines(found: CostShape) -> Iterator[Line]:
    """Yield what the amounts do not say by themselves."""
    total, held = found["total"], found["reserved"]
    yield Line(
        f"  {total['input_tokens']:,} tokens sent ({total['cache_read_tokens']:,} of them from a cache), "
        f"{total['output_tokens']:,} written",
        "dim",
        hang=4,
    )
    if found["bodies_usd"]:
        yield Line(f"  {money(found['bodies_usd'])} of it was reported by other bodies", "dim", hang=4)
    if held["requests"]:
        said = f"{money(held['cost_usd'] or 0)} and {tokens(held['tokens'] or 0)}"
        yield Line(f"  reserved for {counted(held['requests'], 'request')} under way: {said}", hang=4)
    if total["lost_usd"]:
        text = f"{money(total['lost_usd'])} of it was reserved for lost replies: nobody knows their cost"
        yield Line(f"  {text}", "warn", hang=4)
    unknown = [name for name, price in found["prices"].items() if price is None]
    if unknown:
        text = f"no price is known for {', '.join(map(one_line, unknown))}, so only its tokens are counted"
        yield Line(f"  {text}", "warn", hang=4)


def _side_lines(rows: list[NamedShape], *, is_ascii: bool) -> Iterator[Line]:
    """Yield a row for each name, with its share of the whole as a bar."""
    has_cost = any(row["cost_usd"] for row in rows)
    whole = sum(row["cost_usd"] if has_cost else row["tokens"] for row in rows) or 1
    widest = min(_NAME_MOST, max((len(one_line(row["name"])) for row in rows), default=0))
    for row in rows:
        share = (row["cost_usd"] if has_cost else row["tokens"]) / whole
        name, cost_said = one_line(row["name"]), money(row["cost_usd"]) if has_cost else ""
        said = f"{cost_said:>9}  {tokens(row['tokens']):>14}  {counted(row['requests'], 'request'):>12}"
        yield Line(f"  {name:<{widest}}  {bar_of(share, is_ascii=is_ascii)}  {said}".rstrip(), hang=4)


def _price_lines(found: CostShape) -> Iterator[Line]:
    known = {name: price for name, price in found["prices"].items() if price is not None}
    if not known:
        return
    yield from (EMPTY, Line("Prices per million tokens, sent and written", "head"))
    for name, price in known.items():
        said = f"{money(price['input_usd'])}, {money(price['output_usd'])}"
        origin = f" ({one_line(price['origin'])})" if price["origin"] else ""
        yield Line(f"  {one_line(name)}  {said}{origin}", hang=4)


def bar_of(share: float, *, is_ascii: bool) -> str:
    """Return a share as a bar; something above nothing has at least one cell."""
    full = min(_CELLS, max(round(share * _CELLS), 1 if share > 0 else 0))
    mark, rest = ("#", ".") if is_ascii else ("█", "░")
    return mark * full + rest * (_CELLS - full)
