"""`quire serve` with several processes."""

import os
import re
from pathlib import Path
from signal import SIGKILL

import httpx

from app.processes import free_port
from tests.app.children import QUIRE, children_of, clean_env, eventually, is_alive, running

LIVE = 'quire_http_request_duration_seconds_count{method="GET",route="/health/live",status="200"}'


def counted(port: int) -> int | None:
    """How often the processes together say that they were asked whether they live; None if nobody answers."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text
    except httpx.TransportError:
        return None
    found = re.search(rf"^{re.escape(LIVE)} (\S+)$", text, re.MULTILINE)
    return round(float(found[1])) if found else 0


def ask(port: int, times: int) -> int:
    """Over connections of their own, so that both processes are asked; how many answers there were."""
    url = f"http://127.0.0.1:{port}/health/live"
    return sum(httpx.get(url).status_code == 200 for _ in range(times))


def test_any_process_tells_the_numbers_of_all_also_of_one_that_died(env: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    command = [*QUIRE, "serve", "--port", port, "--workers", 2, "--data-dir", tmp_path]
    with running(*command, env=clean_env(**env)) as server:
        eventually(lambda: counted(port) is not None)
        asked = ask(port, 20)
        assert {counted(port) for _ in range(5)} == {asked}
        victim = next(pid for pid, line in children_of(server.pid).items() if "spawn_main" in line)
        os.kill(victim, SIGKILL)
        eventually(lambda: not is_alive(victim) and counted(port) == asked)
