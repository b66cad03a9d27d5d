"""What both envelope formats say, once they are read."""

from dataclasses import dataclass
from datetime import datetime

from .algorithm import Algorithm

JWS = "application/jose+json"
COSE = "application/cose"
CONTENT_TYPE = "application/vnd.cncf.notary.payload.v1+json"

SCHEME = "io.cncf.notary.signingScheme"
SIGNING_TIME = "io.cncf.notary.signingTime"
AUTHENTIC_SIGNING_TIME = "io.cncf.notary.authenticSigningTime"
EXPIRY = "io.cncf.notary.expiry"
PLUGIN = "io.cncf.notary.verificationPlugin"
PLUGIN_MIN_VERSION = "io.cncf.notary.verificationPluginMinVersion"
TOKEN = "io.cncf.notary.timestampSignature"
AGENT = "io.cncf.notary.signingAgent"

TIMES = (SIGNING_TIME, AUTHENTIC_SIGNING_TIME, EXPIRY)
# Of both formats, by JOSE's names; COSE has them as labels 1, 2 and 3.
NEVER_CRITICAL = ("alg", "crit", "cty")


@dataclass(frozen=True)
class Envelope:
    """An envelope taken apart. Nothing of it is verified but its form."""

    algorithm: Algorithm
    content_type: object
    critical: object
    """The `crit` header as it stands."""
    headers: dict[str | int, object]
    """All other protected headers; those of the Notary Project that are times, as times."""
    payload: bytes
    signed: bytes
    """The octets that the signature is about."""
    signature: bytes
    certificates: list[bytes]
    token: bytes | None

    def time(self, name: str) -> datetime | None:
        return self.headers.get(name)
