"""The real notation CLI on an OCI image layout, and notation 2's library on files: no registry, service or plugin."""

import hashlib
import json
import os
from pathlib import Path

from tools import BIN, clean_environment, run

IMAGE = "application/vnd.oci.image.manifest.v1+json"
SIGNATURE = "application/vnd.cncf.notary.signature"
EMPTY = b"{}"


class Layout:
    """An OCI image layout (image-spec, image-layout.md) with one image and one signature of it."""

    def __init__(self, directory: Path, manifest: bytes):
        self.directory = directory
        (directory / "blobs" / "sha256").mkdir(parents=True)
        (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.image = self.put(IMAGE, manifest)
        self.empty = self.put(SIGNATURE, EMPTY)

    def put(self, media_type: str, content: bytes) -> dict:
        """Stores content; returns its descriptor."""
        digest = hashlib.sha256(content).hexdigest()
        (self.directory / "blobs" / "sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def signature_of(self, envelope: bytes, media_type: str) -> dict:
        """Stores a signature of the image, in the form that notation 1 sees in a layout; returns its descriptor."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": self.empty,
            "layers": [self.put(media_type, envelope)],
            "subject": self.image,
        }
        return self.put(IMAGE, json.dumps(manifest).encode())

    def sign(self, envelope: bytes, media_type: str):
        """Makes an envelope the only signature of the image."""
        self.index(self.image, self.signature_of(envelope, media_type))

    def index(self, *manifests: dict):
        """Lists manifests by their descriptors."""
        index = {"schemaVersion": 2, "manifests": manifests}
        (self.directory / "index.json").write_text(json.dumps(index))

    def signature(self, media_type: str) -> bytes:
        """The one envelope of this type that somebody put into the layout."""
        index = json.loads((self.directory / "index.json").read_bytes())
        listed = [json.loads(self.blob(manifest["digest"])) for manifest in index["manifests"]]
        layers = [layer for manifest in listed for layer in manifest.get("layers", [])]
        [digest] = [layer["digest"] for layer in layers if layer["mediaType"] == media_type]
        return self.blob(digest)

    def blob(self, digest: str) -> bytes:
        return (self.directory / "blobs" / digest.replace(":", "/")).read_bytes()

    @property
    def reference(self) -> str:
        return f"{self.directory}@{self.image['digest']}"


class OfflineNotation:
    """One user of notation, at level strict."""

    def __init__(self, home: Path):
        self.config = home / "config" / "notation"
        self.config.mkdir(parents=True)
        self.environment = clean_environment(home) | {
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "NOTATION_EXPERIMENTAL": "1",
        }

    def trust(self, *, identity: str, **anchors: bytes) -> "OfflineNotation":
        """Trusts anchors in PEM by the type of their store: ca, signingAuthority, tsa."""
        for kind, anchor in anchors.items():
            store = self.config / "truststore" / "x509" / kind / "anchors"
            store.mkdir(parents=True, exist_ok=True)
            (store / "anchor.pem").write_bytes(anchor)
        statement = {
            "name": "test",
            "signatureVerification": {"level": "strict"},
            "trustStores": [f"{kind}:anchors" for kind in anchors],
            "trustedIdentities": [identity],
        }
        self.write_policy("trustpolicy.json", statement | {"registryScopes": ["*"]})
        self.write_policy("trustpolicy.blob.json", statement | {"globalPolicy": True})
        return self

    def write_policy(self, name: str, statement: dict):
        policy = self.config / name
        policy.write_text(json.dumps({"version": "1.0", "trustPolicies": [statement]}))
        os.chmod(policy, 0o600)

    def refusal(self, layout: Layout) -> str | None:
        """Why notation does not verify the layout's signature; None if it does."""
        done = run(
            [BIN / "notation", "verify", "-d", "--oci-layout", "--scope", "local/test", layout.reference],
            self.environment,
        )
        if done.returncode == 0:
            assert "Successfully verified signature" in done.stdout, done
            return None
        assert "signature verification failed for all the signatures" in done.stderr, done
        return done.stderr

    def blob_refusal(self, blob: Path, signature: Path, *words: str) -> str | None:
        """Why the library of notation 2 does not verify the signature of a file; None if it does."""
        done = run([BIN / "notation-blob", "verify", "--signature", signature, *words, blob], self.environment)
        if done.returncode == 0:
            assert "Successfully verified signature" in done.stdout, done
            return None
        assert "signature verification failed" in done.stderr, done
        return done.stderr
