"""``/auth/mfa``: switching the second factor on and off."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest
import zxingcpp
from sqlalchemy import select, update

from kernel.db import utc_now
from kernel.idempotency import IdempotencyRow
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.auth.models import TotpRow
from modules.auth.tasks import forget_what_has_ended
from modules.auth.totp import qr_svg
from tests.auth.integration.conftest import make_stale
from tests.auth.integration.second_factor import CODES, CONFIRM, MFA, TOTP, Phone, first_half, second_half
from tests.problems import pointers, refusal
from tests.running import PASSWORD, People, Person, context_of

LOGIN = "/api/v1/auth/login"


async def state(http: httpx.AsyncClient, person: Person) -> dict[str, Any]:  # Any: JSON
    answer = await http.get(MFA, headers=person.headers)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()  # Any: JSON
    return told


async def kinds(http: httpx.AsyncClient, person: Person) -> list[str]:
    events = (await http.get("/api/v1/auth/events", headers=person.headers)).json()["items"]
    return [event["kind"] for event in events]


async def test_at_first_a_password_is_enough(http: httpx.AsyncClient, ada: Person) -> None:
    assert await state(http, ada) == {"enabled": False, "enabled_at": None, "recovery_codes_left": 0}


async def test_a_secret_comes_in_the_three_ways_in_which_apps_take_it(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.post(TOTP, headers=ada.headers)
    secret, uri, svg = (answer.json()[field] for field in ("secret", "otpauth_uri", "qr_svg"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert answer.headers["Location"] == MFA
    assert answer.json().keys() == {"secret", "otpauth_uri", "qr_svg"}
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    told = pyotp.parse_uri(uri)
    assert (told.secret, told.name, told.issuer) == (secret, ada.email, "quire.test")
    assert [scanned.text for scanned in zxingcpp.read_barcodes(pixels(svg))] == [uri]


def pixels(svg: str, *, scale: int = 4) -> memoryview:
    """What a camera sees: segno draws every row of dark modules as horizontal strokes."""
    shape = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    strokes = re.search(r'stroke="#000" d="([^"]+)"', svg)
    assert shape, strokes
    width, height = int(shape[1]), int(shape[2])
    rows = [bytearray(b"\xff" * width * scale) for _ in range(height)]
    x, y = 0.0, 0.0
    for kind, text in re.findall(r"([Mmh])([-\d. ]+)", strokes[1] if strokes else ""):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", text)]
        if kind == "h":
            rows[int(y)][int(x) * scale : int(x + numbers[0]) * scale] = bytes(int(numbers[0]) * scale)
            x += numbers[0]
        else:
            x, y = (numbers[0], numbers[1]) if kind == "M" else (x + numbers[0], y + numbers[1])
    image = b"".join(bytes(row) * scale for row in rows)
    return memoryview(image).cast("B", (height * scale, width * scale))


def test_a_code_that_is_damaged_a_little_can_still_be_scanned() -> None:
    svg = qr_svg("otpauth://totp/quire.test:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=quire.test")
    image = pixels(svg).cast("B").tolist()
    side = int(len(image) ** 0.5)
    for row in range(side // 2, side // 2 + 12):
        image[row * side + side // 2 : row * side + side // 2 + 12] = [255] * 12
    view = memoryview(bytes(image)).cast("B", (side, side))
    assert zxingcpp.read_barcodes(view)[0].text.startswith("otpauth://")


async def test_nothing_changes_until_a_code_of_it_is_confirmed(http: httpx.AsyncClient, people: People) -> None:
    ada = await people.join("Ada")
    (await http.post(TOTP, headers=ada.headers)).raise_for_status()
    await people.sign_in(ada.email)
    assert (await state(http, ada))["enabled"] is False


async def test_the_last_secret_is_the_one_that_can_be_confirmed(
    http: httpx.AsyncClient, ada: Person, phone: Phone
) -> None:
    lost = (await http.post(TOTP, headers=ada.headers)).json()["secret"]
    phone.secret = (await http.post(TOTP, headers=ada.headers)).json()["secret"]
    wrong = await http.post(CONFIRM, json={"code": pyotp.TOTP(lost).at(int(phone.now))}, headers=ada.headers)
    assert refusal(wrong) == (401, "invalid_code")
    assert (await state(http, ada))["enabled"] is False
    right = await http.post(CONFIRM, json={"code": phone.code()}, headers=ada.headers)
    assert (right.status_code, right.headers["Cache-Control"]) == (200, "no-store")


async def test_what_is_no_code_confirms_nothing(http: httpx.AsyncClient, ada: Person) -> None:
    (await http.post(TOTP, headers=ada.headers)).raise_for_status()
    assert refusal(await http.post(CONFIRM, json={"code": "\u00e9"}, headers=ada.headers)) == (401, "invalid_code")


async def test_with_it_come_ten_codes_for_when_the_app_is_lost(
    http: httpx.AsyncClient, ada: Person, phone: Phone
) -> None:
    await phone.enrol(http, ada)
    assert len(set(phone.recovery_codes)) == 10
    assert all(re.fullmatch("[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in phone.recovery_codes)
    told = await state(http, ada)
    assert (told["enabled"], told["recovery_codes_left"]) == (True, 10)
    assert told["enabled_at"].endswith("Z")


async def test_who_has_it_on_cannot_put_another_app_in_its_place(
    http: httpx.AsyncClient, ada: Person, phone: Phone
) -> None:
    await phone.enrol(http, ada)
    assert refusal(await http.post(TOTP, headers=ada.headers)) == (409, "mfa_already_enabled")
    again = await http.post(CONFIRM, json={"code": phone.next_code()}, headers=ada.headers)
    assert refusal(again) == (409, "mfa_already_enabled")


async def test_there_must_be_something_to_confirm_to_renew_or_to_switch_off(
    http: httpx.AsyncClient, ada: Person
) -> None:
    confirm = await http.post(CONFIRM, json={"code": "123456"}, headers=ada.headers)
    assert refusal(confirm) == (409, "mfa_not_enabled")
    assert refusal(await http.post(CODES, headers=ada.headers)) == (409, "mfa_not_enabled")
    assert refusal(await http.delete(TOTP, headers=ada.headers)) == (404, "not_found")


async def test_switched_off_a_password_is_enough_again(http: httpx.AsyncClient, people: People, phone: Phone) -> None:
    ada = await people.join("Ada")
    await phone.enrol(http, ada)
    half = await first_half(http, ada)
    assert (await http.delete(TOTP, headers=ada.headers)).status_code == 204
    await people.sign_in(ada.email)
    assert (await state(http, ada))["recovery_codes_left"] == 0
    for code in (phone.next_code(), phone.recovery_codes[0]):
        assert refusal(await second_half(http, half, code)) == (401, "invalid_code")


async def test_new_recovery_codes_replace_those_before(http: httpx.AsyncClient, ada: Person, phone: Phone) -> None:
    await phone.enrol(http, ada)
    answer = await http.post(CODES, headers=ada.headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    renewed = answer.json()["recovery_codes"]
    assert len(set(renewed) | set(phone.recovery_codes)) == 20
    half = await first_half(http, ada)
    assert refusal(await second_half(http, half, phone.recovery_codes[0])) == (401, "invalid_code")
    assert (await second_half(http, half, renewed[0])).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", TOTP), ("DELETE", TOTP), ("POST", CODES)])
async def test_only_who_has_just_signed_in_may_touch_it(
    http: httpx.AsyncClient, runtime: Runtime, people: People, phone: Phone, method: str, path: str
) -> None:
    ada = await people.join("Ada")
    if (method, path) != ("POST", TOTP):
        await phone.enrol(http, ada)
    await make_stale(http, runtime, ada)
    before = await state(http, ada)
    answer = await http.request(method, path, headers=ada.headers)
    assert refusal(answer) == (403, "reauthentication_required")
    assert await state(http, ada) == before


async def test_its_owner_is_told(http: httpx.AsyncClient, runtime: Runtime, ada: Person, phone: Phone) -> None:
    await phone.enrol(http, ada)
    await http.post(CODES, headers=ada.headers)
    await http.delete(TOTP, headers=ada.headers)
    assert (await kinds(http, ada))[:3] == ["mfa_disabled", "recovery_codes_renewed", "mfa_enabled"]
    async with runtime.database.unit_of_work() as uow:
        mails = select(MailRow.kind).where(MailRow.user_id == UUID(ada.id), MailRow.kind.startswith("auth.mfa"))
        assert set(await uow.session.scalars(mails)) == {"auth.mfa_enabled", "auth.mfa_disabled"}


async def test_a_wrong_code_confirms_nothing_and_is_noted(http: httpx.AsyncClient, ada: Person, phone: Phone) -> None:
    phone.secret = (await http.post(TOTP, headers=ada.headers)).json()["secret"]
    answer = await http.post(CONFIRM, json={"code": phone.code(steps=-2)}, headers=ada.headers)
    assert refusal(answer) == (401, "invalid_code")
    assert (await kinds(http, ada))[0] == "mfa_failed"
    assert (await state(http, ada))["enabled"] is False


@pytest.mark.parametrize("form", [{"code": ""}, {"code": "1" * 101}, {"code": 123456}, {}])
async def test_a_form_that_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, ada: Person, form: dict[str, object]
) -> None:
    answer = await http.post(CONFIRM, json=form, headers=ada.headers)
    assert pointers(answer) == {"/body/code"}


async def test_a_lost_answer_is_given_again_and_kept_encrypted(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    headers = {**ada.headers, "Idempotency-Key": "once"}
    first, again = [await http.post(TOTP, headers=headers) for _ in range(2)]
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    async with runtime.database.unit_of_work() as uow:
        kept = (await uow.session.scalars(select(IdempotencyRow.body))).all()
    assert len(kept) == 1
    assert first.json()["secret"].encode() not in kept[0]


async def test_a_secret_that_nobody_confirms_is_forgotten(
    http: httpx.AsyncClient, runtime: Runtime, people: People, phone: Phone
) -> None:
    ada, bob = [await people.join(name) for name in ("Ada", "Bob")]
    await phone.enrol(http, bob)
    await http.post(TOTP, headers=ada.headers)
    async with runtime.database.unit_of_work() as uow:
        old = update(TotpRow).values(updated_at=utc_now() - timedelta(days=31))
        await uow.session.execute(old.execution_options(synchronize_session=False))
    context = context_of(runtime)
    await forget_what_has_ended(context)
    async with runtime.database.unit_of_work() as uow:
        assert list(await uow.session.scalars(select(TotpRow.user_id))) == [UUID(bob.id)]
    assert (await http.post(LOGIN, json={"email": bob.email, "password": PASSWORD})).json()["mfa_required"] is True
