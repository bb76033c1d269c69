"""How the auth module is mounted, and what it needs from others."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from saq import CronJob

from kernel.cache import Cache
from kernel.module import Module
from kernel.reads import Reader
from kernel.security import Authenticator, Permissions
from kernel.settings import KernelSettings
from kernel.unit_of_work import Database, Subscriber, UnitOfWork
from kernel.vault import Vault
from modules.auth.authenticator import PersonalTokenAuthenticator, SessionAuthenticator, TokenAuthenticator
from modules.auth.contracts import Enrolment, MailAsked, SigningKeys
from modules.auth.controllers import (
    EmailController,
    MfaController,
    PasswordController,
    PersonalTokenController,
    RefreshCookie,
    RegistrationController,
    SecurityLogController,
    SessionController,
    TokenController,
    jwks,
)
from modules.auth.keys import Keyring
from modules.auth.letters import Links, letters
from modules.auth.pages import pages
from modules.auth.passwords import Passwords
from modules.auth.seed import seed
from modules.auth.services import (
    Components,
    Registration,
    Rotations,
    SigningKeyService,
    Throttle,
    erase,
    export,
    provide_email_change,
    provide_email_verification,
    provide_mfa,
    provide_password_change,
    provide_personal_tokens,
    provide_refreshing,
    provide_registration,
    provide_security_log,
    provide_sessions,
    provide_sign_in,
    provide_signing_in,
)
from modules.auth.session_cache import SessionCache
from modules.auth.settings import AuthSettings
from modules.auth.subscribers import MailRequests, SignOuts
from modules.auth.tasks import encrypt_again, forget_what_has_ended
from modules.auth.tokens import AccessTokens, MailTokens, MfaTokens, RefreshTokens
from modules.users import (
    AccountOpened,
    Accounts,
    Directory,
    UserDeactivated,
    UserDeletionRequested,
    Users,
    provide_accounts,
    provide_directory,
    provide_users,
)


def open_components(settings: AuthSettings, kernel: KernelSettings) -> Components:
    """What the rules work with; raises `SettingsError`."""
    settings.refuse_what_is_unsafe(kernel)
    vault = Vault(kernel.secret_keys)
    keyring = Keyring(vault)
    ttl = timedelta(seconds=settings.access_token_ttl)
    return Components(
        settings=settings,
        vault=vault,
        passwords=Passwords(settings),
        keyring=keyring,
        access_tokens=AccessTokens(keyring, issuer=kernel.public_url, ttl=ttl),
        refresh_tokens=RefreshTokens(vault),
        mail_tokens=MailTokens(vault),
        mfa_tokens=MfaTokens(vault),
        issuer=urlsplit(kernel.public_url).hostname or "Quire",
        session_cache=SessionCache(),
        throttle=Throttle(),
        rotations=Rotations(keyring, sliding=timedelta(seconds=settings.refresh_token_ttl)),
    )


def open_enrolment(kernel: KernelSettings, env: Mapping[str, str], uow: UnitOfWork) -> Enrolment:
    """For the command line; raises `SettingsError`."""
    components = open_components(AuthSettings.from_env(env), kernel)
    return Registration(uow, provide_accounts(uow), provide_users(uow), components)


def open_signing_keys(kernel: KernelSettings, uow: UnitOfWork) -> SigningKeys:
    """For the command line."""
    return SigningKeyService(uow, Keyring(Vault(kernel.secret_keys)))


def auth(
    settings: AuthSettings,
    kernel: KernelSettings,
    *,
    provide_accounts: Callable[[UnitOfWork], Accounts] = provide_accounts,
    provide_users: Callable[[UnitOfWork], Users] = provide_users,
    provide_directory: Callable[[Reader, Cache, Permissions], Directory] = provide_directory,
) -> Module:
    """A module that needs configuration is a function of it, and of neighbours that it needs beyond its handlers."""
    components = open_components(settings, kernel)
    sign_outs = SignOuts(components)
    mail_requests = MailRequests(components, provide_accounts, provide_users)

    refresh_cookie = RefreshCookie(
        path="/api/v1/auth",
        secure=kernel.public_url.startswith("https:"),
        max_age=settings.refresh_token_ttl,
    )

    def provide_components() -> Components:
        return components

    def provide_refresh_cookie() -> RefreshCookie:
        return refresh_cookie

    def authenticator(reader: Reader, cache: Cache, permissions: Permissions, database: Database) -> Authenticator:
        directory = provide_directory(reader, cache, permissions)
        return TokenAuthenticator(
            SessionAuthenticator(components.access_tokens, components.session_cache, reader, directory),
            PersonalTokenAuthenticator(components.session_cache, reader, directory, database),
        )

    return Module(
        name="auth",
        controllers=[
            RegistrationController,
            EmailController,
            PasswordController,
            SessionController,
            MfaController,
            PersonalTokenController,
            SecurityLogController,
            TokenController,
        ],
        root_controllers=[*pages, jwks],
        dependencies={
            "components": provide_components,
            "accounts": provide_accounts,
            "users": provide_users,
            "email_change": provide_email_change,
            "email_verification": provide_email_verification,
            "mfa": provide_mfa,
            "refresh_cookie": provide_refresh_cookie,
            "password_change": provide_password_change,
            "personal_tokens": provide_personal_tokens,
            "refreshing": provide_refreshing,
            "registration": provide_registration,
            "security_log": provide_security_log,
            "sessions": provide_sessions,
            "sign_in": provide_sign_in,
            "signing_in": provide_signing_in,
        },
        authenticator=authenticator,
        begin=components.rotations.begin,
        subscribers=[
            Subscriber(UserDeactivated, sign_outs.sign_out_deactivated, in_transaction=True),
            Subscriber(UserDeletionRequested, sign_outs.sign_out_leaving, in_transaction=True),
            Subscriber(MailAsked, mail_requests.send_what_is_due),
            Subscriber(AccountOpened, mail_requests.invite),
        ],
        schedule=[
            CronJob(forget_what_has_ended, cron="40 3 * * *"),
            CronJob(encrypt_again(components.vault), cron="50 3 * * *"),
        ],
        seed=partial(seed, passwords=components.passwords),
        export=export,
        erase=erase,
        letters=letters(components.mail_tokens, provide_users, Links.of(settings, kernel.public_url)),
    )
