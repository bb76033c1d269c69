"""The benchmark: bare Litestar, the original design and ours, in turn. ``just bench``, or ``just bench --quick``.

Absolute numbers of a shared machine mean little; the goals are about the ratios of one run.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec
from redis import Redis

from app.processes import Failure
from tests.load.report import Fact, Report, measured, table
from tests.load.rounds import Round, Series, attack, check
from tests.load.rows import Row, plan
from tests.load.servers import Name, Process, processes, servers

STARTS = 3


class Bench:
    """Takes turns."""

    def __init__(
        self, running: Mapping[Name, Process], redis: Redis, folder: Path, options: argparse.Namespace
    ) -> None:
        self._running = running
        self._redis = redis
        self._folder = folder
        self._options = options
        self._answered = 0

    def compare(self, rows: Sequence[Row]) -> dict[str, list[Round]]:
        """The rounds of every series of these rows; raises `Failure` for a wrong answer."""
        named = {str(each): each for row in rows for each in (row.yardstick, row.original, row.ours) if each}
        for each in named.values():
            check(self._running[each.process], each)
            if self._options.warm_up:
                self._round(each, self._options.warm_up)
        results: dict[str, list[Round]] = defaultdict(list)
        for _ in range(self._options.rounds):
            for name, each in named.items():
                results[name].append(self._round(each, self._options.seconds))
                last = results[name][-1]
                figures = f"{last.per_second:>9,.0f}/s  p99 {last.p99_ms:6.1f} ms  {last.cpu_us:5.0f} µs of CPU"
                print(f"{name:<24} {figures}", file=sys.stderr, flush=True)
        return results

    def memory(self, series: Series) -> list[Fact]:
        """Of our process, after all the requests that were asked for; and what the second half of them added."""
        ours, all_of_them, half = self._running["ours"], self._options.requests, 0.0
        while self._answered < all_of_them:
            self._round(series, self._options.seconds)
            if not half and self._answered >= all_of_them / 2:
                half = ours.memory()
        facts = [Fact(f"Memory after {self._answered:,} requests", ours.memory(), "MiB", 150)]
        return [*facts, Fact("Growth over the last half of them", ours.memory() - half, "MiB", 5)] if half else facts

    def _round(self, series: Series, seconds: int) -> Round:
        if series.cold:
            self._redis.flushall()
        result = attack(self._running[series.process], series, seconds, self._folder)
        self._answered += result.requests if series.process == "ours" else 0
        return result


def start(env: Mapping[str, str]) -> Fact:
    """From the command to the first 200."""
    seconds = []
    for _ in range(STARTS):
        process = Process("ours", env)
        seconds.append(process.start())
        process.stop()
    return Fact("Start of `quire serve` to the first 200", median(seconds), "s", 2)


def run(options: argparse.Namespace, folder: Path) -> Report:
    """Everything; raises `Failure`."""
    with servers(folder, posts=options.posts) as (env, data), Redis.from_url(env["REDIS_URL"]) as redis:
        report = Report([], [start(env)])
        with processes(env) as running:
            bench = Bench(running, redis, folder, options)
            groups = plan(data, running)
            for rows in groups:
                results = bench.compare(rows)
                report.rows.extend(measured(row, results) for row in rows)
            report.facts.extend(bench.memory(groups[0][0].ours))
        return report


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of 3 seconds, without a warm-up: two minutes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of one round")
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=0, help="before memory is looked at; the goal says 1000000")
    parser.add_argument("--json", type=Path, help="write the figures to a file, too")
    options = parser.parse_args()
    options.warm_up = 0 if options.quick else 2
    if options.quick:
        options.rounds, options.seconds = 1, 3
    return options


def main() -> None:
    """Measure, and print the table."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="quire-bench-") as name:
        folder = Path(name)
        try:
            report = run(options, folder)
        except Failure as failure:
            sys.exit(f"bench: {failure}")
    print(table(report))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))


if __name__ == "__main__":
    main()
