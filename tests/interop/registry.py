"""A real registry on this machine, and images put there by oras."""

import json
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from service import READY_SECONDS, free_port, wait_until
from tools import BIN, clean_environment, run_well

SIGNATURE = "application/vnd.cncf.notary.signature"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
IMAGE_LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIGURATION = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True)
class Image:
    """A manifest in the registry, named by its digest."""

    repository: str
    digest: str
    size: int

    @property
    def reference(self) -> str:
        return f"{self.repository}@{self.digest}"


class Registry:
    """`registry serve` on a file system of its own; `localhost` with a port is plain HTTP to every client."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.port = free_port()
        self.environment = clean_environment(directory)
        self.process: subprocess.Popen | None = None

    def start(self) -> "Registry":
        configuration = self.directory / "registry.yml"
        configuration.write_text(CONFIGURATION.format(root=self.directory / "storage", port=self.port))
        with (self.directory / "registry.log").open("wb") as log:
            self.process = subprocess.Popen(
                [BIN / "registry", "serve", configuration],
                env=self.environment | {"OTEL_TRACES_EXPORTER": "none"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.answers, READY_SECONDS, "the registry answering")
        return self

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.directory / "registry.log").read_text()
        return (
            subprocess.run(
                [BIN / "oras", "repo", "ls", "--plain-http", f"localhost:{self.port}"],
                env=self.environment,
                capture_output=True,
                check=False,
            ).returncode
            == 0
        )

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def oras(self, *words) -> dict:
        output = run_well([BIN / "oras", *words, "--format", "json"], self.environment)
        return json.loads(output)

    def new_image(self, repository: str | None = None, *, config_type=IMAGE_CONFIG, layer_type=IMAGE_LAYER) -> Image:
        """Pushes a small image that no other test has; to a repository of its own unless one is named."""
        repository = repository or f"localhost:{self.port}/app-{uuid.uuid4().hex[:8]}"
        scratch = self.directory / uuid.uuid4().hex
        scratch.mkdir()
        layer, config = scratch / "layer.tar", scratch / "config.json"
        layer.write_text(scratch.name)
        config.write_text('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
        pushed = self.oras(
            "push", "--plain-http", "--disable-path-validation", f"{repository}:{scratch.name}",
            "--config", f"{config}:{config_type}", f"{layer}:{layer_type}",
        )  # fmt: skip
        return Image(repository, pushed["digest"], pushed["size"])

    def new_chart(self) -> Image:
        """Pushes what a registry takes for a Helm chart."""
        return self.new_image(
            config_type="application/vnd.cncf.helm.config.v1+json",
            layer_type="application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        )

    def attach(self, image: Image, artifact_type: str, media_type: str, content: bytes) -> Image:
        """Attaches an artifact (an SBOM, a signature) to a manifest."""
        file = self.directory / uuid.uuid4().hex
        file.write_bytes(content)
        pushed = self.oras(
            "attach", "--plain-http", "--disable-path-validation", image.reference,
            "--artifact-type", artifact_type, f"{file}:{media_type}",
        )  # fmt: skip
        return Image(image.repository, pushed["digest"], pushed["size"])

    def attach_signature(self, image: Image, envelope: bytes, media_type="application/jose+json") -> Image:
        return self.attach(image, SIGNATURE, media_type, envelope)

    def signatures(self, image: Image) -> list[bytes]:
        """The envelopes attached to a manifest."""
        return [self.layer(image.repository, manifest) for manifest in self.signature_manifests(image)]

    def signature_manifests(self, image: Image) -> list[dict]:
        """The manifests of the signatures attached to a manifest."""
        found = self.oras("discover", "--plain-http", image.reference, "--artifact-type", SIGNATURE)["manifests"]
        fetch = [BIN / "oras", "manifest", "fetch", "--plain-http"]
        references = [f"{image.repository}@{entry['digest']}" for entry in found]
        return [json.loads(run_well([*fetch, reference], self.environment)) for reference in references]

    def layer(self, repository: str, manifest: dict) -> bytes:
        """The only layer of a manifest, octet for octet."""
        (layer,) = manifest["layers"]
        file = self.directory / uuid.uuid4().hex
        words = ["blob", "fetch", "--plain-http", "--output", file, f"{repository}@{layer['digest']}"]
        run_well([BIN / "oras", *words], self.environment)
        return file.read_bytes()
