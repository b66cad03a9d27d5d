"""The real notation CLI, each instance with settings, trust and plugins of its own."""

import json
import os
import shutil
from pathlib import Path

from registry import Image
from tools import AWS_PLUGIN, BIN, HALLMARK_PLUGIN, aws_plugin, clean_environment, run, run_well

ENDPOINT_HOST = "signer.hallmark.test"


class Notation:
    """One user of notation.

    XDG_CONFIG_HOME, not NOTATION_CONFIG: notation reads parts of config.json before it looks at the latter.
    """

    def __init__(self, home: Path, variables: dict[str, str]):
        self.config = home / "config" / "notation"
        self.config.mkdir(parents=True)
        self.plugin = AWS_PLUGIN
        """The plugin that signs."""
        self.region = variables["AWS_REGION"]
        self.port = variables["HALLMARK_URL"].rsplit(":", 1)[1].strip("/")
        credentials = {key: value for key, value in variables.items() if key.startswith("AWS_")}
        self.environment = (
            clean_environment(home)
            | credentials
            | {
                "XDG_CONFIG_HOME": str(home / "config"),
                "XDG_CACHE_HOME": str(home / "cache"),
                # The Go SDK puts a prefix before the host of GetRevocationStatus, so the endpoint has to be a name.
                # As its "proxy" Hallmark receives these names' requests itself, without any entry in DNS.
                "HTTP_PROXY": f"http://127.0.0.1:{self.port}",
            }
        )

    def install_aws_plugin(self) -> "Notation":
        target = self.config / "plugins" / AWS_PLUGIN
        target.mkdir(parents=True)
        shutil.copy(aws_plugin(), target / f"notation-{AWS_PLUGIN}")
        return self

    def install_hallmark_plugin(self) -> "Notation":
        """As anybody would install it. It finds everything in the environment, and no proxy."""
        self.plugin = "hallmark"
        del self.environment["HTTP_PROXY"]
        run_well([BIN / "notation", "plugin", "install", "--file", HALLMARK_PLUGIN], self.environment)
        return self

    def settings(self) -> list[str]:
        """What the plugin that signs has to be told."""
        return self.aws_settings() if self.plugin == AWS_PLUGIN else []

    def aws_settings(self) -> list[str]:
        endpoint = f"http://{ENDPOINT_HOST}:{self.port}"
        settings = [f"aws-region={self.region}", f"aws-signer-endpoint-url={endpoint}"]
        return [word for setting in settings for word in ("--plugin-config", setting)]

    def trust(
        self, *, anchor: bytes, identities: list[str], kind="signingAuthority", stamps=None, level="strict", override=None
    ):
        """Trusts one anchor (and one of timestamp authorities) and these identities for every repository; replaces
        what was trusted before."""
        shutil.rmtree(self.config / "truststore", ignore_errors=True)
        anchors = {kind: anchor} | ({"tsa": stamps} if stamps else {})
        for name, certificate in anchors.items():
            store = self.config / "truststore" / "x509" / name / "anchors"
            store.mkdir(parents=True)
            (store / "anchor.pem").write_bytes(certificate)
        statement = {
            "name": "test",
            "registryScopes": ["*"],
            "signatureVerification": {"level": level} | ({"override": override} if override else {}),
            "trustStores": [f"{name}:anchors" for name in anchors],
            "trustedIdentities": identities,
        }
        policy = self.config / "trustpolicy.json"
        policy.write_text(json.dumps({"version": "1.0", "trustPolicies": [statement]}))
        os.chmod(policy, 0o600)
        return self

    def trust_blobs(self) -> "Notation":
        """Trusts for blobs whatever is trusted for images."""
        policy = json.loads((self.config / "trustpolicy.json").read_text())
        for statement in policy["trustPolicies"]:
            del statement["registryScopes"]
            statement["globalPolicy"] = True
        blobs = self.config / "trustpolicy.blob.json"
        blobs.write_text(json.dumps(policy))
        os.chmod(blobs, 0o600)
        return self

    def sign(self, image: Image, profile_arn: str, *extra):
        return run(
            [BIN / "notation", "sign", "-d", "--plugin", self.plugin, "--id", profile_arn, *self.settings(), *extra,
             image.reference],
            self.environment,
        )  # fmt: skip

    def signed(self, image: Image, profile_arn: str, *extra) -> Image:
        done = self.sign(image, profile_arn, *extra)
        assert done.returncode == 0, done.stderr
        assert f"Successfully signed {image.reference}" in done.stdout
        return image

    def verify(self, image: Image, *extra):
        return run([BIN / "notation", "verify", "-d", *self.settings(), *extra, image.reference], self.environment)

    def accepts(self, image: Image, *extra):
        done = self.verify(image, *extra)
        assert done.returncode == 0, done.stderr
        assert f"Successfully verified signature for {image.reference}" in done.stdout

    def rejects(self, image: Image, *reason: str):
        """The verification fails, and for this reason: all its words stand in one failure."""
        done = self.verify(image)
        assert done.returncode != 0, f"verified, though expected to fail: {reason}"
        failures = [line for line in done.stderr.splitlines() if "failed verification with error" in line]
        assert failures, done.stderr
        assert any(all(words in line for words in reason) for line in failures), "\n".join(failures)
