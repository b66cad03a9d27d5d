"""A second verifier of Notary Project signatures, strict and with nothing of Hallmark's own.

    verified = verify(envelope, "application/jose+json", anchors=[root_pem])

Every rule has a name in `Rule`; what breaks one raises a `Violation` with that name. The rules are the specification's
(https://github.com/notaryproject/specifications) and those that notation-core-go adds; where the two differ, the
stricter one holds here.
"""

from .rule import Rule, Violation
from .verify import Verified, verify

__all__ = ["Rule", "Verified", "Violation", "verify"]
