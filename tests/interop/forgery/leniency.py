"""What notation 1.3.2 lets pass although a rule of the verifier is broken, and why the rule is kept.

Everything else that is forged here notation refuses too; a test holds both halves of the table.
"""

EXTENDED = "a critical attribute must be understood (signature-specification.md); notation ignores all without a plugin"
STRAY = "a verification plugin would have to process it, so it must not be there"
UNREAD = "nobody reads it; only what is signed or known may stand there"
ONE_ENCODING = "a second encoding of the same signature"
TWO_READINGS = "another reader could understand something else"
WHOLE_SECONDS = "the specification asks for whole seconds in UTC"
DESCRIPTOR = "the sign side of notation refuses it, its verify side does not"
CRIT_IN_COSE = "refused in JWS by notation itself; its COSE reader is more lenient"
SALT = "RFC 7518 section 3.5: the salt is as long as the hash; the JWS reader detects any"
RFC_5280 = "RFC 5280 asks for it; Go's crypto/x509 does not"
KEY_USAGE = "the specification allows digitalSignature alone; content commitment is tolerated"
PURPOSE = "RFC-clean leaves are for code signing and nothing else; notation forbids five other purposes by name"
CRL_SIGN = "needed once the issuer's CRL is fetched"
NAMES = "Go flattens the name; other readers of x509.subject refuse it"
RFC_3161 = "RFC 3161 and RFC 5652 ask for it; tspclient-go does not"
SAME_HASH = "the imprint is of the hash that belongs to the leaf's key; notation checks it when it signs"

SHA_1 = "Go still takes SHA-1 in lists and answers, though not in certificates"
THIS_UPDATE = "from the future; notation looks at nextUpdate alone"

JWS = {
    "token-under-authority": UNREAD,
    "plugin-version-alone": STRAY,
    "attribute-critical": EXTENDED,
    "attribute-stray": STRAY,
    "attribute-kid": STRAY,
    "unprotected-more": UNREAD,
    "payload-with-more": DESCRIPTOR,
    "payload-descriptor-with-more": DESCRIPTOR,
    "signature-with-newline": ONE_ENCODING,
    "payload-with-spare-bits": ONE_ENCODING,
    "x5c-with-newlines": ONE_ENCODING,
    "token-with-spare-bits": UNREAD,
    "json-lone-surrogate": TWO_READINGS,
    "protected-header-twice": TWO_READINGS,
    "member-more": UNREAD,
    "x5c-protected": STRAY,
    "time-with-fraction": WHOLE_SECONDS,
    "time-with-offset": WHOLE_SECONDS,
    "expiry-with-fraction": WHOLE_SECONDS,
}

COSE = {
    "crit-repeats": CRIT_IN_COSE,
    "crit-names-alg": CRIT_IN_COSE,
    "crit-names-cty": CRIT_IN_COSE,
    "crit-names-crit": CRIT_IN_COSE,
    "crit-names-signing-time": CRIT_IN_COSE,
    "both-times": CRIT_IN_COSE,
    "both-times-under-x509": CRIT_IN_COSE,
    "token-under-authority": UNREAD,
    "token-a-text": UNREAD,
    "plugin-version-alone": STRAY,
    "attribute-critical": EXTENDED,
    "attribute-stray": STRAY,
    "attribute-kid": STRAY,
    "attribute-of-a-number": STRAY,
    "unprotected-more": UNREAD,
    "unprotected-agent-a-number": UNREAD,
    "payload-with-more": DESCRIPTOR,
    "payload-descriptor-with-more": DESCRIPTOR,
    "header-label-too-long": ONE_ENCODING,
    "header-out-of-order": ONE_ENCODING,
    "time-a-float": WHOLE_SECONDS,
    "time-with-fraction": WHOLE_SECONDS,
    "expiry-a-float": WHOLE_SECONDS,
}

RSA_IN_JWS = {"salt-of-20-octets": SALT, "salt-none": SALT}

CERTIFICATES = {
    "serial-zero": RFC_5280,
    "serial-of-21-octets": RFC_5280,
    "critical-extension-unknown": RFC_5280,
    "issuer-constraints-not-critical": RFC_5280,
    "root-constraints-not-critical": RFC_5280,
    "issuer-without-crl-sign": CRL_SIGN,
    "leaf-usage-with-content_commitment": KEY_USAGE,
    "leaf-without-purpose": PURPOSE,
    "leaf-purpose-with-any": PURPOSE,
    "leaf-purpose-with-another": PURPOSE,
    "subject-multi-valued": NAMES,
}

TOKENS = {
    "digest-not-listed": RFC_3161,
    "two-signers": RFC_3161,
    "attribute-twice": RFC_3161,
    "attribute-of-two-values": RFC_3161,
    "info-extension-critical": RFC_3161,
    "imprint-by-sha-256": SAME_HASH,
    "imprint-without-null": SAME_HASH,
}

AUTHORITIES = {"tsa-issuer-without-crl-sign": CRL_SIGN}

LISTS = {
    "followed": ONE_ENCODING,
    "extension-twice": RFC_5280,
    "no-number": RFC_5280,
    "of-another-name": "signed by the issuer's key under another name; Go compares no name",
    "in-sha-1": SHA_1,
    "of-tomorrow": THIS_UPDATE,
    "a-delta": "a delta alone says nothing of what the base says",
    **dict.fromkeys(
        (
            "no-point",
            "point-not-critical",
            "point-of-another-shard",
            "about-issuers-alone",
            "about-some-reasons",
            "indirect",
        ),
        "notation does not read issuingDistributionPoint, so that one shard's list can stand in for another's",
    ),
}

ANSWERS = {
    "two-answers": "one was asked for",
    "of-another-issuer": "notation matches by serial number alone",
    "identified-by-sha-256": "RFC 6960 section 4.2.2.3: the answer is about the CertID of the question",
    "in-sha-1": SHA_1,
    "responder-named-as-another": "Go does not compare the responder's name",
    "of-tomorrow": THIS_UPDATE,
    "kept-for-two-hours": "an hour is this service's own bound",
    "critical-in-response": RFC_5280,
    **dict.fromkeys(
        (
            "responder-without-purpose",
            "responder-for-code",
            "responder-for-more",
            "responder-without-nocheck",
            "responder-expired",
        ),
        "RFC 6960 section 4.2.2.2; notation looks at nothing but who issued the responder's certificate",
    ),
}
