"""What is delivered for Prometheus, Grafana and a collector speaks of numbers that there are."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from litestar.types import HTTPScope
from prometheus_client.parser import text_string_to_metric_families

from kernel.metrics import Exposition, OutboxMetrics, ProcessMetrics
from kernel.problems import kinds, status_of
from kernel.runtime import Runtime

DEPLOY = Path(__file__).parents[2] / "platform/deploy"
RULES = DEPLOY / "prometheus/rules.yml"
FROM_PROMETHEUS = {"instance", "job"}
"""Labels that every series gets when it is scraped."""


def expressions() -> Iterator[tuple[str, str]]:
    """Every query by what asks it."""
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((DEPLOY / "grafana/quire.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


def named(expression: str) -> tuple[set[str], set[str]]:
    """Its metrics and its labels."""
    metrics = set(re.findall(r"\bquire_\w+", expression))
    matched = {
        label for match in re.findall(r"\{([^}]*)\}", expression) for label in re.findall(r"(\w+)\s*[=!]", match)
    }
    grouped = {
        label.strip() for match in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in match.split(",")
    }
    return metrics, matched | grouped


@pytest.fixture
async def exposed(runtime: Runtime) -> Mapping[str, set[str]]:
    """The labels of all that is told, by name, after a request, a delivery and a look at the pools."""
    metrics = ProcessMetrics()
    metrics.observe(cast("HTTPScope", {"method": "GET", "path_template": "/"}), 200, 0.1)
    metrics.observe_delivery("posts.subscribers.do", "done", 0.1)
    watching = asyncio.create_task(metrics.watch(runtime.engine, runtime.reader))
    exposition = Exposition(metrics, OutboxMetrics(runtime.reader))
    found: dict[str, set[str]] = {}
    async with asyncio.timeout(10):
        while "quire_database_connections" not in found:
            await asyncio.sleep(0.05)
            text = (await exposition.text()).decode()
            for family in text_string_to_metric_families(text):
                found |= {sample.name: set(sample.labels) for sample in family.samples}
    watching.cancel()
    return found


async def test_rules_and_dashboard_ask_for_metrics_that_there_are(exposed: Mapping[str, set[str]]) -> None:
    asked = list(expressions())
    assert len(asked) > 20
    for what, expression in asked:
        metrics, labels = named(expression)
        assert metrics <= exposed.keys(), what
        known = set[str]().union(*(exposed[metric] for metric in metrics))
        assert labels <= known | FROM_PROMETHEUS, what


async def test_every_metric_is_shown_or_watched(exposed: Mapping[str, set[str]]) -> None:
    shown = set[str]().union(*(named(expression)[0] for _, expression in expressions()))
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in exposed}
    assert families == {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}


def test_every_alert_says_what_it_is_and_where_to_look() -> None:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"].keys() == {"summary", "look"}
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_no_panel_hides_another() -> None:
    panels = json.loads((DEPLOY / "grafana/quire.json").read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_collector_takes_what_quire_sends() -> None:
    config: dict[str, Any] = yaml.safe_load((DEPLOY / "otel/collector.yaml").read_text())  # Any: YAML
    pipeline = config["service"]["pipelines"]["traces"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) == set(config[kind])
    assert set(config["service"]["extensions"]) == set(config["extensions"])
    assert config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(":4318")


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", RULES],
        ["check", "config", "--syntax-only", DEPLOY / "prometheus/prometheus.yml"],
        ["test", "rules", Path(__file__).with_name("rules_test.yml")],
    ],
    ids=lambda command: f"{command[0]} {command[1]}",
)
def test_promtool_agrees(command: list[str | Path]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool here: apt install prometheus")
    done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nginx_calls_problems_what_the_api_calls_them() -> None:
    template = (DEPLOY / "nginx/default.conf.template").read_text()

    def mapped(variable: str) -> dict[str, str]:
        lines = template.partition(f"map $status ${variable} {{\n")[2].partition("\n}")[0].splitlines()
        return {status: text.strip('";') for status, text in (line.strip().split(" ", 1) for line in lines)}

    codes, titles = mapped("quire_code"), mapped("quire_title")
    known = {kind.code(): (str(status_of(kind)), kind.title()) for kind in kinds()}
    assert len(codes) > 10
    for status, code in codes.items():
        assert known[code] == ("400" if status == "default" else status, titles[status])
    assert f'"title":"{known["invalid_host"][1]}"' in template
