"""How the auth module is mounted, and what it needs from others."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from litestar.di import NamedDependency

from kernel.module import Module
from kernel.security import Authenticator
from kernel.settings import KernelSettings
from kernel.unit_of_work import Database, UnitOfWork
from kernel.vault import Vault
from modules.auth.contracts import Enrolment
from modules.auth.controllers import RegistrationController, SessionController
from modules.auth.keys import Keyring
from modules.auth.letters import letters
from modules.auth.pages import pages
from modules.auth.passwords import Passwords
from modules.auth.services import AuthService, Tools, authenticator
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, MailTokens, RefreshTokens
from modules.users import Accounts, Users, provide_accounts, provide_users


def open_tools(settings: AuthSettings, kernel: KernelSettings) -> Tools:
    """What the rules work with."""
    vault = Vault(kernel.secret_keys)
    ttl = timedelta(seconds=settings.access_token_ttl)
    return Tools(
        settings=settings,
        passwords=Passwords(settings),
        access_tokens=AccessTokens(Keyring(vault), issuer=kernel.public_url, ttl=ttl),
        refresh_tokens=RefreshTokens(vault),
        mail_tokens=MailTokens(vault),
    )


def open_enrolment(kernel: KernelSettings, env: Mapping[str, str], uow: UnitOfWork) -> Enrolment:
    """For the command line; raises `SettingsError`."""
    tools = open_tools(AuthSettings.from_env(env), kernel)
    return AuthService(uow, provide_accounts(uow), provide_users(uow), tools)


def auth(
    settings: AuthSettings,
    kernel: KernelSettings,
    *,
    provide_accounts: Callable[[UnitOfWork], Accounts] = provide_accounts,
    provide_users: Callable[[UnitOfWork], Users] = provide_users,
) -> Module:
    """A module that needs configuration is a function of it, and of neighbours that it needs beyond its handlers."""
    tools = open_tools(settings, kernel)
    verify_email_url = settings.verify_email_url or f"{kernel.public_url}/verify-email"

    def provide_auth_service(
        uow: NamedDependency[UnitOfWork], accounts: NamedDependency[Accounts], users: NamedDependency[Users]
    ) -> AuthService:
        return AuthService(uow, accounts, users, tools)

    def authenticate(database: Database) -> Authenticator:
        return authenticator(tools, provide_users, database)

    return Module(
        name="auth",
        controllers=[RegistrationController, SessionController],
        root_controllers=pages,
        dependencies={"auth_service": provide_auth_service, "accounts": provide_accounts, "users": provide_users},
        authenticator=authenticate,
        letters=letters(tools.mail_tokens, provide_users, verify_email_url=verify_email_url),
    )
