"""The table, and the same for programs."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeAlias

import msgspec

from tests.load.rounds import Round, Series
from tests.load.rows import Row

Results: TypeAlias = Mapping[str, Sequence[Round]]
"""The rounds of every series, by its name."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: requests a second, ratios, goals, p99 in milliseconds, our work for each."""

    row: str
    ours: float
    p99_ms: float
    cpu_us: float
    rounds: int
    yardstick: float | None = None
    original: float | None = None
    of_yardstick: float | None = None
    goal_of_yardstick: float | None = None
    of_original: float | None = None
    goal_of_original: float | None = None

    @property
    def reached(self) -> bool | None:
        """Both goals; None where there is none."""
        goals = [
            (self.of_yardstick, self.goal_of_yardstick),
            (self.of_original, self.goal_of_original),
        ]
        met = [ratio >= goal for ratio, goal in goals if ratio is not None and goal is not None]
        return all(met) if met else None


class Fact(msgspec.Struct, frozen=True):
    """Something that is not measured in requests, with the most that it may be."""

    fact: str
    value: float
    unit: str
    goal: float


class Report(msgspec.Struct, frozen=True):
    """All of one run."""

    rows: list[Measured]
    facts: list[Fact]


def measured(row: Row, results: Results) -> Measured:
    """Medians and their ratios."""

    def speed(series: Series | None) -> float | None:
        return None if series is None else median(each.per_second for each in results[str(series)])

    ours, yardstick, original = speed(row.ours) or 0.0, speed(row.yardstick), speed(row.original)
    rounds = results[str(row.ours)]
    return Measured(
        row=row.title,
        ours=ours,
        p99_ms=median(each.p99_ms for each in rounds),
        cpu_us=median(each.cpu_us for each in rounds),
        rounds=len(rounds),
        yardstick=yardstick,
        original=original,
        of_yardstick=ours / yardstick if yardstick else None,
        goal_of_yardstick=row.of_yardstick,
        of_original=ours / original if original else None,
        goal_of_original=row.of_original,
    )


def table(report: Report) -> str:
    """For people, in Markdown."""
    head = [
        "Row",
        "yardstick",
        "original",
        "ours",
        "p99 ms",
        "CPU µs",
        "of yardstick",
        "goal",
        "of original",
        "goal",
        "reached",
    ]
    cells = [
        [
            each.row,
            number(each.yardstick),
            number(each.original),
            number(each.ours),
            f"{each.p99_ms:.1f}",
            f"{each.cpu_us:.0f}",
            ratio(each.of_yardstick),
            ratio(each.goal_of_yardstick),
            ratio(each.of_original),
            ratio(each.goal_of_original),
            {True: "yes", False: "NO", None: "-"}[each.reached],
        ]
        for each in report.rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [head, ["-" * width for width in widths], *cells]
    rows = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    facts = [
        f"{each.fact}: {each.value:,.2f} {each.unit} (goal: at most {each.goal:g}"
        f"{')' if each.value <= each.goal else '; NOT reached)'}"
        for each in report.facts
    ]
    return "\n".join([*rows, "", *facts])


def number(value: float | None) -> str:
    """Requests a second."""
    return "-" if value is None else f"{value:,.0f}"


def ratio(value: float | None) -> str:
    """How many times as fast."""
    return "-" if value is None else f"{value:.2f}"
