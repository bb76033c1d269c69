"""Can a stranger find out who has an account? ``python -m tests.load.enumeration``

Asks the same of people who are there, who are not, who were shut out and who have not confirmed their address, in
random order, and compares what is said and how long it takes. The area under the ROC curve is how often a guess by
time alone would be right: 0.5 is blind.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import asyncpg
import httpx

from tests.faults.rig import Rig
from tests.running import PASSWORD

KINDS = ("existing", "unknown", "deactivated", "unverified")
PATHS = {
    "login": "/api/v1/auth/login",
    "forgot": "/api/v1/auth/password/forgot",
    "resend": "/api/v1/auth/email/verify/resend",
}
PER_KIND = 20
"""People of every kind; none is asked for so often that it would show."""

BLIND = (0.42, 0.58)
VARYING = {"date", "x-request-id", "ratelimit"}


def main() -> int:
    """Print the figures; 1 if something can be told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=300, help="requests for every kind and endpoint")
    parser.add_argument("--bcrypt-rounds", default="10")
    options = parser.parse_args()
    # Limits are off in the rig: they would end this after some tries, for all kinds alike.
    with tempfile.TemporaryDirectory(prefix="quire-enumeration-") as folder, Rig(Path(folder)) as rig:
        address = asyncio.run(rig.api(QUIRE_AUTH_BCRYPT_ROUNDS=options.bcrypt_rounds))
        with httpx.Client(base_url=address, timeout=60) as http:
            people = populate(http, rig.postgres.url)
            return max([report(name, *ask(http, name, people, options.n)) for name in PATHS])


def populate(http: httpx.Client, database_url: str) -> dict[str, list[str]]:
    """Addresses by kind."""
    people = {kind: [f"{kind}{number}@example.org" for number in range(PER_KIND)] for kind in KINDS}
    for kind, addresses in people.items():
        for email in addresses if kind != "unknown" else ():
            form = {"email": email, "password": PASSWORD, "name": "Ada"}
            http.post("/api/v1/auth/register", json=form).raise_for_status()

    async def change() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute("UPDATE users.users SET email_verified = email NOT LIKE 'unverified%'")
        await connection.execute("UPDATE users.users SET is_active = false WHERE email LIKE 'deactivated%'")
        await connection.close()

    asyncio.run(change())
    return people


def ask(
    http: httpx.Client, name: str, people: dict[str, list[str]], n: int
) -> tuple[dict[str, list[float]], dict[str, set[str]]]:
    """Seconds and answers by kind."""
    times: dict[str, list[float]] = defaultdict(list)
    told: dict[str, set[str]] = defaultdict(set)
    # Everybody once, then everybody once more: what else the machine does slows all kinds alike.
    for kind in (kind for _ in range(n + PER_KIND) for kind in random.sample(KINDS, len(KINDS))):
        form = {"email": random.choice(people[kind])}
        if name == "login":
            form["password"] = PASSWORD if kind == "deactivated" else "a wrong password"
        began = time.perf_counter()
        answer = http.post(PATHS[name], json=form)
        times[kind].append(time.perf_counter() - began)
        told[kind].add(words(answer))
    return {kind: each[PER_KIND:] for kind, each in times.items()}, told


def words(answer: httpx.Response) -> str:
    """All that an answer says, but for what differs between any two."""
    headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] not in VARYING)
    body = answer.text.replace(answer.headers["x-request-id"], "")
    return json.dumps([answer.status_code, headers, body])


def report(name: str, times: dict[str, list[float]], told: dict[str, set[str]]) -> int:
    """Print how kinds differ from people whom nobody knows; 1 if they do."""
    wrong = len(set().union(*told.values())) != 1
    print(f"{name}: {'answers differ' if wrong else 'one answer for all'}")
    unknown = times["unknown"]
    for kind in KINDS:
        if kind == "unknown":
            continue
        area = auc(times[kind], unknown)
        apart = median(times[kind]) / median(unknown) - 1
        bad = not BLIND[0] <= area <= BLIND[1]
        wrong = wrong or bad
        print(
            f"  {kind:<12} n={len(times[kind])}  AUC {area:.3f}  median {median(times[kind]) * 1000:.2f} ms, "
            f"{apart:+.1%} of unknown{'   <- can be told' if bad else ''}"
        )
    return int(wrong)


def auc(one: Sequence[float], other: Sequence[float]) -> float:
    """How often a value of ``one`` is above one of ``other`` (Mann and Whitney)."""
    return sum((a > b) + (a == b) / 2 for a in one for b in other) / (len(one) * len(other))


if __name__ == "__main__":
    sys.exit(main())
