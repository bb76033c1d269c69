"""What OpenTelemetry's standard variables decide, and what becomes of spans that nobody takes."""

import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from kernel.settings import SettingsError
from kernel.telemetry import is_exporting, open_recorder
from kernel.telemetry.otlp import TerseExporter, export_by_otlp
from tests.kernel.support import silence

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HERE = "http://127.0.0.1:4318"


@pytest.mark.parametrize(
    ("variables", "exports"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: HERE}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{HERE}/v1/traces"}, True),
        ({ENDPOINT: HERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        ({ENDPOINT: HERE, "OTEL_SDK_DISABLED": "true"}, False),
        ({ENDPOINT: HERE, "OTEL_SDK_DISABLED": "True"}, False),
        ({ENDPOINT: HERE, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_SERVICE_NAME": "quire", "OTEL_TRACES_SAMPLER": "always_on"}, False),
    ],
)
def test_an_endpoint_is_what_switches_it_on(variables: dict[str, str], exports: bool) -> None:
    assert is_exporting(variables) is exports
    if not exports:
        assert open_recorder(variables) is None


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({ENDPOINT: "collector:4318"}, ENDPOINT),
        ({ENDPOINT: "http://secret@:port"}, ENDPOINT),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "grpc://x"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        ({ENDPOINT: HERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(variables: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} ") as error:
        is_exporting(variables)
    assert "secret" not in str(error.value)


def test_who_exports_nothing_imports_no_sdk() -> None:
    """redis-py would, for itself."""
    program = """
import sys, app.asgi, app.worker
print([name for name, module in sys.modules.items() if module and name.startswith(("opentelemetry.sdk.", "google."))])
"""
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


class Moody(SpanExporter):
    """Takes what it is told to take."""

    def __init__(self) -> None:
        self.takes = True
        self.is_shut = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS if self.takes else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self.is_shut = True


def test_a_collector_that_is_away_is_mentioned_once_and_so_is_its_return(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = structlog.testing.CapturingLogger()
    monkeypatch.setattr("kernel.telemetry.otlp.log", heard)
    moody = Moody()
    exporter = TerseExporter(moody)
    for takes in (True, False, False, False, True, True, False):
        moody.takes = takes
        exporter.export([])
    assert [call.method_name for call in heard.calls] == ["warning", "info", "warning"]
    exporter.shutdown()
    assert moody.is_shut


async def test_a_collector_that_is_silent_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with silence() as port:
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{port}")
        monkeypatch.setattr("kernel.telemetry.recording.PATIENCE", 0.2)
        recorder = export_by_otlp()
        with recorder.begin("GET", "server", {}, None):
            pass
        began = time.monotonic()
        await recorder.close()
        assert time.monotonic() - began < 3


def test_a_resource_is_called_as_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, HERE)
    for name, value, called in (
        ("OTEL_NOTHING", "", "quire"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=attributed,deployment.environment.name=test", "attributed"),
        ("OTEL_SERVICE_NAME", "named", "named"),
    ):
        monkeypatch.setenv(name, value)
        recorder = export_by_otlp()
        assert recorder._provider.resource.attributes["service.name"] == called
        recorder._provider.shutdown()
