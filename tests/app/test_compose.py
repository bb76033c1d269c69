"""The production shape: nobody here can start it, so what it tells everybody is looked at."""

import re
from typing import Any

import pytest
import yaml

from app.registry import modules
from app.serving import FINISHING
from kernel.settings import KernelSettings
from tests.architecture.test_layout import ROOT

# Any: YAML
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
TEMPLATE = (ROOT / "platform/deploy/nginx/default.conf.template").read_text()
ANSWERS = {
    "QUIRE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv",
    "QUIRE_PUBLIC_URL": "https://quire.example",
    "QUIRE_MAIL_URL": "smtp://mail.example:587",
    "QUIRE_MAIL_SENDER": "Quire <no-reply@quire.example>",
    "QUIRE_CORS_ORIGINS": "https://front.example",
    "POSTGRES_PASSWORD": "secret",
}
"""What an operator has in .env."""


def filled(value: object) -> str:
    """As it is with these answers."""
    return re.sub(r"\$\{(\w+)(?::[?-][^}]*)?\}", lambda name: ANSWERS.get(name[1], ""), str(value))


@pytest.mark.parametrize("service", ["api", "worker"])
def test_it_is_told_all_that_production_needs(service: str) -> None:
    env = {name: filled(value) for name, value in SERVICES[service]["environment"].items()}
    settings = KernelSettings.from_env(env)
    modules(settings, env)
    assert settings.env == "production"
    assert settings.mail.sender == ANSWERS["QUIRE_MAIL_SENDER"]
    assert settings.cors_origins == ("https://front.example",)
    assert settings.trusted_proxies == (COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"],)


def test_an_api_that_is_told_to_stop_has_the_time_that_it_takes() -> None:
    drain = KernelSettings.from_env({name: filled(value) for name, value in SERVICES["api"]["environment"].items()})
    assert float(SERVICES["api"]["stop_grace_period"].removesuffix("s")) >= drain.http.drain + FINISHING + 5
    idle = re.findall(r"keepalive_timeout (\d+)s;", TEMPLATE.partition("limit_conn_zone")[0])
    assert [float(seconds) < drain.http.drain for seconds in idle] == [True], "idle connections outlive the drain"


def test_only_nginx_is_reached_from_outside_and_it_is_told_all_that_it_asks() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    asked = set(re.findall(r"^[^#\n]*?\$\{(\w+)\}", TEMPLATE, re.MULTILINE))
    assert SERVICES["nginx"]["environment"].keys() == asked
