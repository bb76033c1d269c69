"""Production does not start with what is only meant for development."""

import msgspec
import pytest

from kernel.settings import KernelSettings, SettingsError
from modules.auth.module import auth
from modules.auth.settings import AuthSettings


@pytest.mark.parametrize(
    ("unsafe", "variable"),
    [
        (AuthSettings(bcrypt_rounds=9), "QUIRE_AUTH_BCRYPT_ROUNDS"),
        (AuthSettings(access_token_ttl=3601), "QUIRE_AUTH_ACCESS_TOKEN_TTL"),
    ],
)
def test_what_is_unsafe_stops_it_with_the_name_of_the_variable(
    settings: KernelSettings, unsafe: AuthSettings, variable: str
) -> None:
    auth(unsafe, settings)
    production = msgspec.structs.replace(settings, env="production", public_url="https://quire.example")
    auth(AuthSettings(bcrypt_rounds=10), production)
    with pytest.raises(SettingsError, match=f"^{variable} must be ") as caught:
        auth(unsafe, production)
    assert "\n" not in str(caught.value)
