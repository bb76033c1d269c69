"""Every module of the product. Adding a feature adds two lines here."""

from collections.abc import Mapping, Sequence

from kernel.module import Module
from kernel.settings import KernelSettings, SettingsError
from modules.auth.module import auth
from modules.auth.settings import AuthSettings
from modules.notifications.module import notifications
from modules.notifications.settings import NotificationsSettings
from modules.posts.module import posts
from modules.posts.settings import PostSettings
from modules.users.module import users
from modules.users.settings import UsersSettings


def modules(kernel: KernelSettings, env: Mapping[str, str]) -> tuple[Module, ...]:
    """The whole product; raises `SettingsError`."""
    return (
        users(UsersSettings.from_env(env)),
        auth(AuthSettings.from_env(env), kernel),
        posts(PostSettings.from_env(env)),
        notifications(NotificationsSettings.from_env(env), kernel),
    )


def chosen(product: Sequence[Module], env: Mapping[str, str]) -> Sequence[Module] | None:
    """The modules that ``--modules`` names, None if it names none; raises `SettingsError`."""
    names = {name.strip() for name in env.get("QUIRE_SERVE_MODULES", "").split(",") if name.strip()}
    if unknown := names - {module.name for module in product}:
        raise SettingsError(f"--modules: there is no module {', '.join(sorted(unknown))}")
    return [module for module in product if module.name in names] if names else None
