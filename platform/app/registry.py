"""Every module of the product. Adding a feature adds two lines here."""

from collections.abc import Mapping

from kernel.module import Module
from kernel.settings import KernelSettings
from modules.auth.module import auth
from modules.auth.settings import AuthSettings
from modules.notifications.module import notifications
from modules.posts.module import posts
from modules.users.module import users


def modules(kernel: KernelSettings, env: Mapping[str, str]) -> tuple[Module, ...]:
    """The whole product; raises `SettingsError`."""
    return (auth(AuthSettings.from_env(env), kernel), users, posts, notifications(kernel))
