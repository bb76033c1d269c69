"""One-time codes after RFC 6238, as every authenticator app takes them: SHA-1, six digits, thirty seconds."""

import hmac
import io

import pyotp
import segno

from modules.auth.schemas import TotpSecret

STEP = 30
DRIFT = 1
"""Steps that the clock of a phone may be off (RFC 6238, 5.2)."""


def new_secret() -> str:
    """160 bits (RFC 4226, 4)."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The time step that a code is of, if it is one of about now; which of them has been used the database knows."""
    totp = pyotp.TOTP(secret, interval=STEP)
    present = int(now) // STEP
    steps = range(present - DRIFT, present + DRIFT + 1)
    given = code.encode()  # of text, `compare_digest` takes ASCII alone
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)), None)


def enrolment(secret: str, *, account: str, issuer: str) -> TotpSecret:
    """The secret in the three ways in which it gets into an app."""
    uri = pyotp.TOTP(secret, interval=STEP).provisioning_uri(account, issuer)
    return TotpSecret(secret=secret, otpauth_uri=uri, qr_svg=qr_svg(uri))


def qr_svg(text: str) -> str:
    """A QR code that scales, dark on light also on a dark page."""
    image = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        image, kind="svg", xmldecl=False, nl=False, svgclass=None, lineclass=None, omitsize=True, light="#fff"
    )
    return image.getvalue().decode()
