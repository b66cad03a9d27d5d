"""`hallmark dev`: one command runs it, as root and as an ordinary user, and says what is missing."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificates

from sample import signs_with_sample_profile
from service import ROLES
from tools import HALLMARK, clean_environment, run

VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_SIGNER",
    "AWS_ENDPOINT_URL_SIGNER_DATA",
    "AWS_ENDPOINT_URL_STS",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
    "HALLMARK_URL",
    "HALLMARK_PKI_URL",
    "HALLMARK_ACCOUNT",
    "HALLMARK_PROFILE_ARN",
}


def test_environment_files(hallmark):
    keys = set()
    for role, file in ROLES.items():
        variables = hallmark.role(role)
        assert VARIABLES <= set(variables), role
        # It may hold the password of the schema's owner, and the others are there to be handed out.
        assert ("HALLMARK_DATABASE_URL" in variables) == (role == "admin")
        assert stat.S_IMODE((hallmark.data_dir / f"{file}.env").stat().st_mode) == 0o600
        assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"]
        assert variables["HALLMARK_URL"] == f"http://127.0.0.1:{hallmark.ports['api']}"
        assert variables["HALLMARK_PKI_URL"] == f"http://127.0.0.1:{hallmark.ports['pki']}"
        keys.add(variables["AWS_ACCESS_KEY_ID"])
    assert len(keys) == len(ROLES), "each role has a key of its own"


def test_secrets_are_in_no_output(hallmark):
    output = hallmark.output()
    for role in ROLES:
        assert hallmark.role(role)["AWS_SECRET_ACCESS_KEY"] not in output


def test_sample_profile_signs(hallmark):
    signs_with_sample_profile(hallmark)


def test_chain_is_published(hallmark):
    """The issuing CA under its serial number, with the root: what a verifier needs beside the leaf."""
    _, issuer, root = signs_with_sample_profile(hallmark).chain
    serial = issuer.serial_number.to_bytes((issuer.serial_number.bit_length() + 7) // 8).hex()
    assert load_pem_x509_certificates(hallmark.pki(f"/chain/{serial}.pem")) == [issuer, root]
    assert load_pem_x509_certificates(hallmark.pki("/root.pem")) == [root]


@pytest.fixture
def nobody():
    """Words that run a program as an ordinary user; only root can."""
    if os.geteuid() != 0:
        pytest.skip("not root: every other test already runs as an ordinary user")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]


def test_as_an_ordinary_user(instance, nobody, tmp_path_factory):
    home = Path(tempfile.mkdtemp(prefix="hallmark-nobody-", dir="/tmp"))
    try:
        binary = shutil.copy(HALLMARK, home / "hallmark")
        for path in (home, binary):
            os.chown(path, 65534, 65534)
        service = instance(parent=home, prefix=nobody, binary=Path(binary), environment=clean_environment(home))
        service.log = tmp_path_factory.mktemp("log") / "log"
        service.start()
        assert Path(f"/proc/{service.postgres()}").stat().st_uid == 65534
        signs_with_sample_profile(service)
        service.stop()
    finally:
        shutil.rmtree(home)


def test_as_root_below_a_directory_only_root_enters(instance, nobody, tmp_path):
    """A checkout in root's home: Postgres, which refuses to be root, must still reach its cluster."""
    parent = tmp_path / "root-only"
    parent.mkdir(mode=0o700)
    service = instance(parent=parent).start(cwd=parent)
    assert Path(f"/proc/{service.postgres()}").stat().st_uid != 0
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700, "nothing was opened up for it"
    signs_with_sample_profile(service)
    service.stop()
    signs_with_sample_profile(service.start())
    service.stop()


def test_long_data_directory(instance, tmp_path):
    """A socket's path holds 107 octets; a data directory may be longer."""
    parent = tmp_path / ("d" * 90) / ("e" * 90)
    parent.mkdir(parents=True)
    service = instance(parent=parent).start()
    signs_with_sample_profile(service)
    service.stop()


@pytest.fixture
def without_postgres():
    """Words that run a program where no Postgres is installed: in a mount namespace that hides it."""
    places = [str(place) for place in (Path("/usr/lib/postgresql"),) if place.is_dir()]
    hide = "".join(f"mount -t tmpfs none {place} && " for place in places)
    words = [
        "unshare",
        "--mount",
        *([] if os.geteuid() == 0 else ["--map-root-user"]),
        "sh",
        "-c",
        hide + 'exec "$@"',
        "sh",
    ]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mount namespaces")
    if subprocess.run([*words, "postgres", "--version"], capture_output=True, check=False).returncode == 0:
        pytest.skip("Postgres is installed where a mount does not hide it")
    return words


def test_without_postgres(instance, without_postgres):
    """One clear sentence: what is missing, the flag, the package and the setting."""
    service = instance(prefix=without_postgres)
    done = run(service.command(), service.environment)
    assert done.returncode != 0
    (sentence,) = done.stderr.strip().splitlines()
    for part in ("PostgreSQL", "--install-postgres", "package postgresql", "--database-url"):
        assert part in sentence, done.stderr


def test_explicit_directory_without_postgres(instance, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    service = instance(extra=["--postgres-bin", empty])
    done = run(service.command(), service.environment)
    assert done.returncode != 0
    (sentence,) = done.stderr.strip().splitlines()
    assert f"--postgres-bin {empty}" in sentence and "initdb" in sentence, done.stderr


def test_a_taken_port_is_named(instance, hallmark):
    service = instance()
    command = service.command()
    taken = f"127.0.0.1:{hallmark.ports['api']}"
    command[command.index("--api-listen") + 1] = taken
    done = run(command, service.environment)
    assert done.returncode != 0
    assert taken in done.stderr.strip().splitlines()[-1], done.stderr


def test_private_postgres_is_private_and_durable(hallmark):
    """No TCP, no other user's socket, and nothing acknowledged before it is on disk."""
    url = hallmark.role("admin")["HALLMARK_DATABASE_URL"]
    settings = Path(f"/proc/{hallmark.postgres()}/cmdline").read_bytes().decode().split("\0")
    assert "-F" not in settings and not any("fsync=off" in word for word in settings)
    sockets = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=False).stdout
    assert f"pid={hallmark.postgres()}," not in sockets
    assert url.startswith("postgres")
