"""Reading refusals."""

from typing import Any

import httpx


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem document, which has to be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def violations(answer: httpx.Response) -> set[tuple[str, str]]:
    """Pointer and code of everything that a 422 complains about."""
    assert refusal(answer) == (422, "validation_failed"), answer.text
    errors: list[dict[str, Any]] = answer.json()["errors"]  # Any: JSON
    return {(error["pointer"], error["code"]) for error in errors}


def pointers(answer: httpx.Response) -> set[str]:
    """Of everything that a 422 complains about, where it is."""
    return {pointer for pointer, _ in violations(answer)}
