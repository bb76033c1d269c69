from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from typing import Any

import pytest

from kernel.db import new_id
from kernel.mail import Letter, Link, Mail, Unsubscribe
from kernel.mail.letters import to_message

LINK = Link("Look", f"https://quire.test/confirm-email?token={'t' * 80}&next=%2F")


def sent(
    *,
    subject: str = "Hello",
    paragraphs: tuple[str, ...] = ("Hello Ada.", "Bye."),
    link: Link | None = LINK,
    headers: Mapping[str, str] | None = None,
    unsubscribe: Unsubscribe | None = None,
    recipient: str = "ada@example.org",
    sender: str = "Quire <no-reply@quire.test>",
) -> bytes:
    """The mail as it leaves."""
    mail = Mail(id=new_id(), kind="k", user_id=new_id(), recipient=recipient, facts={}, state="queued")
    letter = Letter(subject=subject, paragraphs=paragraphs, link=link, unsubscribe=unsubscribe, headers=headers or {})
    raw = to_message(letter, mail, sender=sender, domain="quire.test").as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    return raw


def written(**options: Any) -> EmailMessage:  # Any: see `sent`
    """The mail as whoever gets it reads it."""
    return message_from_bytes(sent(**options), EmailMessage, policy=default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text.replace("\r\n", "\n")


def test_a_letter_has_a_text_and_the_same_words_in_html() -> None:
    message = written()
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "plain") == f"Hello Ada.\n\n{LINK.url}\n\nBye.\n"
    html = unescape(part(message, "html"))
    assert html.index("Hello Ada.") < html.index(LINK.url) < html.index("Bye.")


def test_full_width_letters_are_written_as_those_of_the_mailbox() -> None:
    assert written(recipient="\uff41da\uff20example\uff0eorg")["To"] == "ada@example.org"


def test_a_letter_without_a_link_has_none() -> None:
    message = written(link=None)
    assert "http" not in part(message, "plain")
    assert "<a" not in part(message, "html")


def test_words_are_no_html() -> None:
    html = part(written(subject="</title>", paragraphs=("<script>alert(1)</script>", "'\"&")), "html")
    assert "<script" not in html
    assert html.count("</title>") == 1
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "\x00"])
@pytest.mark.parametrize("place", ["subject", "header", "sender"])
def test_no_line_break_in_a_value_becomes_a_header(end: str, place: str) -> None:
    evil = f"Hello{end}Bcc: eve@example.org{end}{end}words"
    values = {
        "subject": lambda: written(subject=evil),
        "header": lambda: written(headers={"List-Unsubscribe": evil}),
        "sender": lambda: written(sender=f"{evil} <no-reply@quire.test>"),
    }
    message = values[place]()
    assert message["Bcc"] is None
    assert part(message, "plain").startswith("Hello Ada.")
    assert message["To"] == "ada@example.org"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("recipient", ["ada{end}Bcc: eve@example.org", "ada@example.org{end}Bcc: eve"])
def test_a_recipient_with_a_line_break_gets_no_mail(end: str, recipient: str) -> None:
    with pytest.raises(ValueError):
        written(recipient=recipient.format(end=end))


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Quire, Inc. <no-reply@quire.test>", "Quire, Inc."),
        ('"Quire, Inc." <no-reply@quire.test>', "Quire, Inc."),
        ("Quire (the best) @ home <no-reply@quire.test>", "Quire (the best) @ home"),
        ("Kräuter & Söhne <no-reply@quire.test>", "Kräuter & Söhne"),
        ("<no-reply@quire.test>", ""),
        ("no-reply@quire.test", ""),
    ],
)
def test_a_name_is_quoted_where_it_has_to_be(sender: str, name: str) -> None:
    (address,) = written(sender=sender)["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "no-reply@quire.test")


@pytest.mark.parametrize("local", ["a,b", "a.b", "a+b", "o'neil", "a;b", 'a"b', "a\\b", "<a>"])
def test_an_odd_address_is_quoted_and_is_one(local: str) -> None:
    (address,) = written(recipient=f"{local}@example.org")["To"].addresses
    assert (address.username, address.domain) == (local, "example.org")


def test_a_domain_in_other_letters_is_written_as_mail_servers_know_it() -> None:
    assert written(recipient="ada@Bücher.example")["To"] == "ada@xn--bcher-kva.example"


def test_subjects_may_be_in_any_language() -> None:
    assert written(subject="Grüße, 你好 🎉 " * 10)["Subject"] == ("Grüße, 你好 🎉 " * 10).strip()


def test_a_long_link_in_a_header_stays_as_it_is() -> None:
    headers = {"List-Unsubscribe": f"<{LINK.url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert f"\r\nList-Unsubscribe: <{LINK.url}>\r\n".encode() in sent(headers=headers)


def test_a_letter_says_that_nobody_wrote_it_and_when() -> None:
    message = written()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None


def test_a_letter_that_people_may_not_want_says_how_to_get_no_more() -> None:
    page = Link("Unsubscribe", f"https://quire.test/unsubscribe?token={'t' * 80}")
    one_click = f"https://quire.test/api/v1/notifications/unsubscribe?token={'t' * 80}"
    raw = sent(unsubscribe=Unsubscribe(one_click=one_click, page=page))
    message = message_from_bytes(raw, EmailMessage, policy=default)
    assert f"\r\nList-Unsubscribe: <{one_click}>\r\n".encode() in raw
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "unsubscribe" not in part(message, "plain")  # where the first token is the one that is looked for
    assert f'href="{page.url}"' in part(message, "html")
