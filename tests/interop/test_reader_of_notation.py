"""The reader of Hallmark's clients on envelopes that the real notation wrote with a key of its own."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from forgery.certificates import now
from forgery.drafts import FORMATS, MANIFEST
from offline_notation import Layout, OfflineNotation
from reader import Reader
from tools import BIN, run_well


@pytest.fixture
def reader():
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture
def signed(tmp_path):
    """`signed(format_name, zone)`: the image, an envelope about it, its media type and its anchor."""

    def call(format_name: str, zone: str):
        layout = Layout(tmp_path / "layout", MANIFEST)
        layout.index(layout.image)
        user = OfflineNotation(tmp_path)
        environment = user.environment | {"TZ": zone}
        run_well([BIN / "notation", "cert", "generate-test", "--default", "company"], environment)
        words = ["--oci-layout", "--signature-format", format_name, "--expiry", "24h", layout.reference]
        run_well([BIN / "notation", "sign", *words], environment)
        pem = (user.config / "truststore" / "x509" / "ca" / "company" / "company.crt").read_bytes()
        media_type = FORMATS[format_name].media_type
        anchor = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        return layout.image, layout.signature(media_type), media_type, anchor

    return call


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_notation(reader, signed, format_name, zone):
    image, envelope, media_type, anchor = signed(format_name, zone)

    def said(artifact=image["digest"], anchors=(anchor,), at=now()) -> str:
        return reader.ask(envelope, media_type, anchors=anchors, artifact=artifact, at=at).said

    assert said() == ""
    assert said(at=now() + timedelta(hours=25)).startswith("signing time: the certificate")
    assert said(at=now() + timedelta(hours=23)) == ""
    assert said(artifact="sha256:" + "0" * 64).startswith(f"artifact: it is about {image['digest']}, not about")
    assert said(anchors=()).startswith("authenticity: nobody is trusted")
    assert said(at=now() - timedelta(hours=1)).startswith("signing time: it was signed at")
