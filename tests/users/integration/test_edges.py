"""Who may call what, and by which methods."""

import httpx
import pytest

from tests.callers import Caller
from tests.problems import refusal

ID = "01920000-0000-7000-8000-000000000001"
GUARDED = [
    ("GET", "/api/v1/users/me"),
    ("HEAD", "/api/v1/users/me"),
    ("PATCH", "/api/v1/users/me"),
    ("PUT", "/api/v1/users/me"),
    ("PUT", f"/api/v1/users/{ID}/follow"),
    ("DELETE", f"/api/v1/users/{ID}/follow"),
]
METHODS = [
    ("/api/v1/users/me", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    (f"/api/v1/users/{ID}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("/api/v1/users/by-username/ada", "GET, HEAD, OPTIONS"),
    (f"/api/v1/users/{ID}/follow", "DELETE, OPTIONS, PUT"),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRhOnB3"}, {"Authorization": ""}])
async def test_who_is_not_signed_in_is_told_how(
    http: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await http.request(method, path, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert method == "HEAD" or refusal(answer) == (401, "not_authenticated")


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_a_bad_token_is_called_bad(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path, headers={"Authorization": "Bearer bad"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert method == "HEAD" or refusal(answer) == (401, "invalid_token")


@pytest.mark.parametrize(("path", "allowed"), METHODS)
async def test_options_names_the_methods_of_a_path(http: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await http.options(path)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (204, allowed, b"")


@pytest.mark.parametrize(("path", "allowed"), METHODS)
async def test_any_other_method_is_refused_with_the_same_list(
    http: httpx.AsyncClient, anyone: Caller, path: str, allowed: str
) -> None:
    answer = await http.post(path, headers=anyone.headers, json={})
    assert (refusal(answer), answer.headers["Allow"]) == ((405, "method_not_allowed"), allowed)


@pytest.mark.parametrize("path", ["me", "by-username/ada"])
async def test_head_is_get_without_the_body(http: httpx.AsyncClient, ada: Caller, path: str) -> None:
    got = await http.get(f"/api/v1/users/{path}", headers=ada.headers)
    head = await http.head(f"/api/v1/users/{path}", headers={**ada.headers, "X-Request-ID": "head"})
    ours = {"x-request-id"}
    assert (head.status_code, head.content) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k not in ours} == {
        k: v for k, v in got.headers.items() if k not in ours
    }


@pytest.mark.parametrize("path", ["me", ID, "by-username/ada"])
async def test_a_query_parameter_that_nobody_knows_is_refused(http: httpx.AsyncClient, ada: Caller, path: str) -> None:
    answer = await http.get(f"/api/v1/users/{path}?fields=email", headers=ada.headers)
    assert refusal(answer) == (422, "validation_failed")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/query/fields"]
