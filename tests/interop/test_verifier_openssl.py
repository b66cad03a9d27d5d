"""What OpenSSL stamps, lists and answers holds every rule, so that the forged twins are no taste of their own."""

import pytest

from forgery import tokens
from forgery.certificate_mutations import CRL, OCSP, access, points
from forgery.certificates import Hierarchy, now, signing_leaf
from forgery.drafts import FORMATS, draft
from forgery.header_mutations import x509
from forgery.ocsp_answers import responder_template
from tools import clean_environment, run_well
from verifier import Rule, Violation, verify

CONFIGURATION = """
[tsa]
serial = {directory}/serial
signer_cert = {directory}/tsa.pem
certs = {directory}/tsa-issuer.pem
signer_key = {directory}/tsa-key.pem
signer_digest = sha384
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256

[ca]
default_ca = issuer
[issuer]
database = {directory}/index
crlnumber = {directory}/serial
default_md = sha384
crl_extensions = list
[list]
issuingDistributionPoint = critical, @point
[point]
fullname = URI:{crl}
onlyuser = TRUE
"""


class OpenSsl:
    """OpenSSL in a directory with the keys of an issuer, its responder and a timestamping authority."""

    def __init__(self, directory, forged):
        self.directory = directory
        self.environment = clean_environment(directory)
        self.authority = tokens.authority()
        issuer = forged.chain[1]
        responder = responder_template().issue(issuer)
        for name, certified in (("tsa", self.authority[0]), ("issuer", issuer), ("responder", responder)):
            self.write(f"{name}.pem", certified.pem)
            self.write(f"{name}-key.pem", certified.private_pem)
        self.write("tsa-issuer.pem", self.authority[1].pem)
        self.write("serial", b"01")
        self.write("configuration", CONFIGURATION.format(directory=directory, crl=CRL).encode())
        self.list(forged.chain[0].x509, None)

    def write(self, name: str, content: bytes):
        (self.directory / name).write_bytes(content)

    def list(self, certificate, revoked_at):
        """Writes the one line of the database: a certificate that is valid, or revoked."""
        status = f"R\t{{}}\t{revoked_at:%y%m%d%H%M%SZ}" if revoked_at else "V\t{}\t"
        expiry = f"{certificate.not_valid_after_utc:%y%m%d%H%M%SZ}"
        self.write("index", f"{status.format(expiry)}\t{certificate.serial_number:040X}\tunknown\t/CN=x\n".encode())
        self.write("index.attr", b"unique_subject = no\n")

    def run(self, arguments: str, result: str) -> bytes:
        words = [word.replace("@", f"{self.directory}/") for word in arguments.split()]
        run_well(["openssl", *words], self.environment)
        return (self.directory / result).read_bytes()

    def stamp(self, signature: bytes) -> bytes:
        self.write("signature", signature)
        self.run("ts -query -data @signature -sha384 -cert -out @query", "query")
        return self.run(
            "ts -reply -config @configuration -section tsa -queryfile @query -token_out -out @token", "token"
        )

    def fetch_crl(self, url: str) -> bytes:
        made = "ca -gencrl -config @configuration -cert @issuer.pem -keyfile @issuer-key.pem -crlhours 4"
        self.run(f"{made} -out @list.pem", "list.pem")
        return self.run("crl -in @list.pem -outform DER -out @list", "list")

    def fetch_ocsp(self, url: str, request: bytes) -> bytes:
        self.write("request", request)
        signer = "-CA @issuer.pem -rsigner @responder.pem -rkey @responder-key.pem -rmd sha384"
        return self.run(f"ocsp -index @index {signer} -nmin 59 -reqin @request -respout @answer", "answer")


@pytest.fixture
def forged():
    hierarchy = Hierarchy.of(signing_leaf())
    hierarchy.leaf.set(points(CRL), False)
    hierarchy.leaf.set(access(OCSP), False)
    return draft("jws", hierarchy.issue())


@pytest.fixture
def openssl(tmp_path, forged):
    return OpenSsl(tmp_path, forged)


@pytest.mark.parametrize("format_name", FORMATS)
def test_tokens(openssl, format_name):
    stamped = draft(format_name)
    x509(stamped)
    stamped.stamp = openssl.stamp
    anchors = {"anchors": [stamped.chain[-1].der], "tsa_anchors": [openssl.authority[-1].der]}
    assert verify(stamped.seal(), stamped.media_type, **anchors).token is not None


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_lists_and_answers(openssl, forged, kind):
    fetch = {f"{kind}_fetch": getattr(openssl, f"fetch_{kind}"), "anchors": [forged.chain[-1].der]}
    seen = verify(forged.seal(), forged.media_type, **fetch)
    assert [check.revoked_from for check in seen.revocation] == [None]
    openssl.list(forged.chain[0].x509, now())
    with pytest.raises(Violation) as violation:
        verify(forged.seal(), forged.media_type, **fetch)
    assert violation.value.rule == Rule.REVOKED
