"""The engine: a bounded pool whose connections never wait for ever."""

import msgspec
from sqlalchemy import event, make_url
from sqlalchemy.engine import URL, AdaptedConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kernel.settings import DatabaseSettings


def connect(database_url: str, settings: DatabaseSettings) -> AsyncEngine:
    """An engine whose statements, locks and idle transactions end in time; nothing is opened yet."""
    engine = create_async_engine(
        asyncpg_url(database_url),
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": 3,
            "command_timeout": settings.statement_timeout + 1,  # where the server cannot even say that it is too late
            "server_settings": connection_settings(settings),
        },
    )
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    event.listen(engine.sync_engine, "handle_error", hang_up_on_silence)
    return engine


def hang_up_on_silence(context: ExceptionContext) -> None:
    """A server that has not answered in time will not hear of a rollback either."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


def refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """Let the pool open another one. (``pool_pre_ping`` finds out more, at the price of a round trip each time.)"""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def asyncpg_url(database_url: str) -> URL:
    """For SQLAlchemy; ``sslmode`` is libpq's name for what asyncpg calls ``ssl``."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    query = dict(url.query)
    if mode := query.pop("sslmode", None):
        query["ssl"] = mode
    return url.set(query=query)


def connection_settings(settings: DatabaseSettings) -> dict[str, str]:
    """What every connection tells the server about itself and its patience."""
    return {
        "application_name": "quire",
        "timezone": "UTC",
        "statement_timeout": milliseconds(settings.statement_timeout),
        "lock_timeout": milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": milliseconds(2 * settings.statement_timeout),
    }


def milliseconds(seconds: float) -> str:
    """As PostgreSQL's settings want it."""
    return str(round(seconds * 1000))
