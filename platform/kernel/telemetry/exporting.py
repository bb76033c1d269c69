"""What OpenTelemetry's standard variables ask for: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kernel.settings import SettingsError, url

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def is_exporting(env: Mapping[str, str]) -> bool:
    """Whether there is an endpoint, and nothing that forbids it; what is wrong raises `SettingsError`."""
    for name in PROTOCOLS:
        if env.get(name, "http/protobuf") != "http/protobuf":
            raise SettingsError(f"{name} must be http/protobuf")
    endpoints = [url(name, env, "http", "https") for name in ENDPOINTS if env.get(name)]
    is_off = env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or env.get("OTEL_TRACES_EXPORTER") == "none"
    return bool(endpoints) and not is_off


def open_recorder(env: Mapping[str, str]) -> "Recorder | None":
    """What ``env`` asks for; the SDK looks for the rest in the environment itself. Raises `SettingsError`.

    Who exports nothing does not even import it.
    """
    if not is_exporting(env):
        return None
    from kernel.telemetry.otlp import export_by_otlp

    return export_by_otlp()
