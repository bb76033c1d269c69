"""The engine: a bounded pool whose connections never wait for ever."""

import msgspec
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kernel.settings import DatabaseSettings


def connect(database_url: str, settings: DatabaseSettings) -> AsyncEngine:
    """An engine whose statements, locks and idle transactions end in time; nothing is opened yet."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    query = dict(url.query)
    if mode := query.pop("sslmode", None):  # libpq's name; asyncpg calls it ssl
        query["ssl"] = mode
    return create_async_engine(
        url.set(query=query),
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": 3,
            "server_settings": {
                "application_name": "quire",
                "timezone": "UTC",
                "statement_timeout": milliseconds(settings.statement_timeout),
                "lock_timeout": milliseconds(settings.lock_timeout),
                "idle_in_transaction_session_timeout": milliseconds(2 * settings.statement_timeout),
            },
        },
    )


def milliseconds(seconds: float) -> str:
    """As PostgreSQL's settings want it."""
    return str(round(seconds * 1000))
