"""The whole product, from signing up to a follower's inbox."""

from pathlib import Path

import httpx

from kernel.runtime import Runtime
from tests.mails import mails_to
from tests.running import People, deliver_everything


async def test_a_follower_hears_of_a_new_post_and_the_address_is_confirmed_by_the_link_in_the_mail(
    client: httpx.AsyncClient, people: People, runtime: Runtime, mailbox: Path
) -> None:
    ann, bob = await people.join("Ann"), await people.join("Bob")
    assert (await client.put(f"/api/v1/users/{ann.id}/follow", headers=bob.headers)).status_code == 204
    draft = await client.post("/api/v1/posts", json={"title": "Hi", "body": "there"}, headers=ann.headers)
    address = draft.headers["Location"]
    assert (await client.get(address)).status_code == 404
    assert (await client.post(f"{address}/publish", headers=ann.headers)).json()["status"] == "published"
    assert (await client.get(address)).json()["author"]["name"] == "Ann"

    await deliver_everything(runtime)
    inbox = (await client.get("/api/v1/notifications", headers=bob.headers)).json()["items"]
    assert {(item["type"], item["body"]) for item in inbox} >= {("post_published", "Hi")}
    assert (await client.get("/api/v1/notifications/unread-count", headers=bob.headers)).json() == {"unread": 2}
    for item in inbox:
        read = await client.post(f"/api/v1/notifications/{item['id']}/read", headers=bob.headers)
        assert read.status_code == 204
    assert (await client.get("/api/v1/notifications/unread-count", headers=bob.headers)).json() == {"unread": 0}

    mail = next(mail for mail in mails_to(mailbox, ann.email) if "token=" in mail.text)
    assert (await client.get(mail.link)).status_code == 200
    assert not (await client.get("/api/v1/users/me", headers=ann.headers)).json()["email_verified"]
    assert (await client.post("/api/v1/auth/email/verify", json={"token": mail.token})).status_code == 204
    assert (await client.get("/api/v1/users/me", headers=ann.headers)).json()["email_verified"]
