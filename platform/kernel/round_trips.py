"""Round trips to Redis that whoever asks at the same time shares, behind a circuit breaker."""

from collections.abc import Collection, Mapping
from typing import Any

from redis.exceptions import RedisError

from kernel.batching import Batch
from kernel.breaker import Breaker
from kernel.redis_client import Command, RedisServer


class RoundTrips:
    """Look-ups and commands of one process; they raise `RedisError` or `OSError`."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._breaker = Breaker(failures=5, pause=1.0)
        self._look_ups = Batch(self._look_up)
        self._commands = Batch(self._run)

    async def look_up(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """The values of ``keys``, among others; what is not there is absent."""
        return await self._look_ups.get(keys)

    async def do(self, *commands: Command) -> Mapping[Command, bytes | None]:
        """What is answered to each, among others; raises `RedisError` if one of these is refused."""
        answers = await self._commands.get(commands)
        for command in commands:
            if isinstance(refusal := answers[command], RedisError):
                raise refusal
        return answers

    async def _look_up(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """What a server answers that is not the one the keys were made for is not believed."""
        run_id, names = self._server.run_id, list(keys)
        answers = await self._breaker.run(lambda: self._server.client.mget(names))
        if run_id != self._server.run_id:
            return {}
        return {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}

    async def _run(self, commands: Collection[Command]) -> Mapping[Command, Any]:  # Any: answers differ
        answers = await self._breaker.run(lambda: self._server.together(commands))
        return dict(zip(commands, answers, strict=True))
