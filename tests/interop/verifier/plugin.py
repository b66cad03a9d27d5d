"""The verification plugins that are known here, by the signed attributes that each of them reads."""

from .rule import Rule, require

# AWS's: github.com/aws/aws-signer-notation-plugin, internal/verifier. Hallmark's has attributes of the same meaning.
ATTRIBUTES = {
    "com.amazonaws.signer.notation.plugin": {
        "com.amazonaws.signer.signingProfileVersion",
        "com.amazonaws.signer.signingJob",
    },
    "hallmark": {"io.hallmark.signingProfileVersion", "io.hallmark.signingJob"},
}


def check(name: str, attributes: dict[str | int, object], critical: set[str | int]):
    """notation insists that a plugin has processed every extended attribute, so that there must be no other."""
    require(name in ATTRIBUTES, Rule.PLUGIN_UNKNOWN, name)
    known = ATTRIBUTES[name]
    stray = set(attributes) - known
    require(not stray, Rule.STRAY_HEADER, stray)
    texts = {attribute for attribute in known if isinstance(attributes.get(attribute), str)}
    require(texts == known == critical, Rule.PLUGIN_ATTRIBUTES, known - (texts & critical))
