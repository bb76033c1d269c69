"""The public halves of the signing keys, for whoever verifies our tokens (RFC 7517, RFC 8037)."""

from base64 import urlsafe_b64encode

from litestar import Response, get
from litestar.di import NamedDependency

from kernel.http.conditional import representation
from kernel.http.encoding import encode
from kernel.http.request import HttpRequest
from kernel.reads import Reader
from kernel.security import public
from kernel.unit_of_work import UnitOfWork
from kernel.versions import etag
from modules.auth.schemas import Jwk, JwkSet
from modules.auth.services import Components

CACHED = {"Cache-Control": "public, max-age=300"}
"""The key that signs next is published long before it does."""


@get("/.well-known/jwks.json", operation_id="listSigningKeys", guards=[public])
async def jwks(
    request: HttpRequest,
    reader: NamedDependency[Reader],
    uow: NamedDependency[UnitOfWork],
    components: NamedDependency[Components],
) -> Response[JwkSet]:
    """The public keys that verify access tokens, by their `kid`."""
    keys = await components.keyring.published(reader, uow)
    body = encode(JwkSet(keys=[Jwk(kid=kid, x=b64(key.public_bytes_raw())) for kid, key in keys.items()]))
    return representation(request, body, headers={"ETag": etag(body), **CACHED, "Vary": "Accept-Encoding"})


def b64(content: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
