"""Beyond `dev`: the commands of docker-compose.yml, run without containers, to the first signature and on."""

import json
import os
import re
import signal
import stat
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from clients import client, new_profile, refused, sign
from cluster import Cluster
from composed import COMPOSE, Composed
from envelope import Envelope
from service import EXIT_SECONDS, READY_SECONDS, free_port, wait_until
from tools import HALLMARK, ROOT, clean_environment, run

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    composed = Composed(tmp_path_factory.mktemp("composed"))
    try:
        yield composed.up()
        composed.end()
    finally:
        composed.destroy()


def first_signature(administrator, signer) -> Envelope:
    profile = new_profile(client(administrator))
    envelope = Envelope(sign(client(signer), profile["profileName"])["signature"])
    envelope.check_signature()
    return envelope


def test_compose_file_to_first_signature(composed):
    signer = composed.principal("ci", "Signer")
    envelope = first_signature(composed.administrator(), signer)
    answer = client(composed.principal("gate", "Verifier")).get_revocation_status(**envelope.question())
    assert answer["revokedEntities"] == []
    with refused("AccessDeniedException"):
        new_profile(client(signer))


def test_secrets_are_private_and_made_once(composed):
    files = [*(composed.home / "keys").iterdir(), *(composed.home / "passwords").iterdir()]
    assert {path.name for path in files} >= {"key-encryption.key", "owner", "service", "administrator.env"}
    before = {}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        before[path] = path.read_bytes()
    assert composed.run_well("secrets").count("unchanged") == 3
    assert "at version" in composed.run_well("migrate")
    assert "nothing was changed" in composed.run_well("init")
    assert before == {path: path.read_bytes() for path in before}
    assert composed.sql("SELECT count(*) FROM accounts, deployment") == "1"


def test_secrets_stay_in_their_files(composed):
    """Not in the environment of the service, its command line or its log, nor in clear in the database's."""
    process = Path(f"/proc/{composed.process.pid}")
    seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    seen += (composed.home / "log").read_bytes() + (composed.cluster.home / "log").read_bytes()
    secrets = [path.read_bytes() for path in (composed.home / "passwords").iterdir()]
    secrets.append((composed.home / "keys" / "key-encryption.key").read_bytes())
    secrets.append(composed.administrator()["AWS_SECRET_ACCESS_KEY"].encode())
    assert not [secret for secret in secrets if secret in seen]


def test_the_service_is_not_the_owner(composed):
    password = (composed.home / "passwords" / "service").read_text()
    login = {"user": "hallmark_service", "password": password, "database": "hallmark"}
    assert composed.cluster.sql("SELECT count(*) FROM deployment", **login) == "1"
    for statement in ("DELETE FROM deployment", "CREATE TABLE x ()", "UPDATE revocations SET reason = ''"):
        with pytest.raises(AssertionError, match="permission denied|is refused"):
            composed.cluster.sql(statement, **login)


def test_the_region_never_changes(composed):
    words = [composed.place(word) for word in COMPOSE["init"]["command"]]
    words[words.index("us-east-1")] = "eu-west-1"
    assert "never changes" in composed.refusal(*words)


def test_a_second_account(composed):
    made = composed.hallmark("account", "create", "second", "--output", "json")
    account = json.loads(made.stdout)["account"]
    assert "exists" in composed.refusal("account", "create", "again", "--id", account)
    listed = json.loads(composed.hallmark("account", "list", "--output", "json").stdout)
    assert [entry["name"] for entry in listed] == ["first", "second"]
    assert "--account" in composed.refusal("principal", "create", "ci", "--role", "Signer")
    assert "does not exist" in composed.refusal(
        "principal", "create", "ci", "--role", "Signer", "--account", "000000000001"
    )
    administrator = composed.principal("root", "SecurityAdmin", "--account", account)
    first_signature(administrator, composed.principal("ci", "Signer", "--account", account))
    assert "ci exists and is Signer" in composed.refusal(
        "principal", "create", "ci", "--role", "Auditor", "--account", account
    )
    assert "nothing was changed" in composed.run_well("init")


def test_check_prints_a_line_for_each(composed):
    done = composed.hallmark("check")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and all(line.startswith("ok ") for line in lines), done.stdout
    about = {line.split(maxsplit=1)[1] for line in lines}
    assert about >= {"settings", "connection", "durability", "clock", "schema", "key-encryption key", "certificates"}
    assert composed.health().stdout == "ready\n"


def failures(composed, **settings) -> str:
    done = composed.hallmark("check", more=settings)
    assert done.returncode == 1
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith("failed "))


def test_check_says_what_is_wrong(composed, tmp_path):
    other = tmp_path / "other.key"
    assert composed.hallmark("secret", "--key-encryption-key", other).returncode == 0
    assert "key-encryption key: " in failures(composed, HALLMARK_KEYS__KEY_ENCRYPTION_KEY_FILE=str(other))
    wrong = tmp_path / "wrong"
    assert composed.hallmark("secret", "--password", wrong).returncode == 0
    assert "password authentication failed" in failures(composed, HALLMARK_DATABASE__PASSWORD_FILE=str(wrong))
    assert "HALLMARK_API__PORT" in failures(composed, HALLMARK_API__PORT="1")
    assert "--pki-url" in failures(composed, HALLMARK_PKI__URL="https://pki.example")
    assert composed.health().returncode == 0, "the replica is another process and still well"


def test_serve_refuses(composed, tmp_path):
    key = composed.home / "keys" / "key-encryption.key"
    link = tmp_path / "link"
    link.symlink_to(key)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    open_to_all = tmp_path / "open"
    open_to_all.write_bytes(key.read_bytes())
    open_to_all.chmod(0o640)
    for path in (link, fifo, open_to_all, tmp_path / "missing"):
        sentence = composed.refusal("serve", more={"HALLMARK_KEYS__KEY_ENCRYPTION_KEY_FILE": str(path)})
        assert str(path) in sentence and sentence.count("\n") == 1, sentence
    everywhere = {"HALLMARK_API__LISTEN": "0.0.0.0:0", "HALLMARK_API__ALLOW_PLAIN_HTTP": "false"}
    assert "plain HTTP" in composed.refusal("serve", more=everywhere)
    inline = "postgres://hallmark_service:canary@localhost/hallmark"
    sentence = composed.refusal("serve", more={"HALLMARK_DATABASE__URL": inline})
    assert "password_file" in sentence and "canary" not in sentence
    assert "PGPASSWORD" in composed.refusal("serve", more={"PGPASSWORD": "canary"})
    config = tmp_path / "hallmark.toml"
    config.write_text('[pki]\nurll = "http://pki.example"\n')
    sentence = composed.refusal("serve", "--config", config)
    assert f"{config}: line 2" in sentence and "`urll`" in sentence, sentence


def test_serve_needs_the_public_url(composed):
    environment = composed.environment("hallmark")
    del environment["HALLMARK_PKI__URL"]
    done = run([HALLMARK, "serve"], environment)
    assert done.returncode == 1 and "pki.url" in done.stderr


def readyz(composed) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{composed.ports[8082]}/readyz", timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


@pytest.fixture
def schema(composed):
    """The list of migrations; as it was once the test is over."""
    composed.sql("CREATE TABLE kept AS SELECT * FROM _sqlx_migrations")
    yield
    composed.sql("DELETE FROM _sqlx_migrations; INSERT INTO _sqlx_migrations SELECT * FROM kept; DROP TABLE kept")
    assert readyz(composed) == "ready\n"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("INSERT INTO _sqlx_migrations SELECT 9999, 'later', now(), true, '', 0", "newer"),
        ("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)", "older"),
        ("UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1", "otherwise"),
        ("REVOKE SELECT ON _sqlx_migrations FROM hallmark_app", "older"),
    ],
)
def test_an_unknown_schema_is_refused(composed, schema, change, word):
    assert readyz(composed) == "ready\n"
    composed.sql(change)
    try:
        assert word in readyz(composed)
        assert word in composed.health().stderr
        for command in (["serve"], ["principal", "create", "x", "--role", "Signer"], ["account", "list"]):
            assert word in composed.refusal(*command)
        assert "schema: the schema of the database" in failures(composed) and word in failures(composed)
        if word in ("newer", "otherwise"):
            done = composed.run("migrate")
            assert done.returncode == 1 and word in done.stderr
    finally:
        composed.sql("GRANT SELECT ON _sqlx_migrations TO hallmark_app")


def test_settings_in_a_file_and_tls(composed, tmp_path):
    """The same by a file instead of variables, with a certificate of one's own."""
    certificate, key, config = tmp_path / "tls.pem", tmp_path / "tls.key", tmp_path / "hallmark.toml"
    subject = ["-subj", "/CN=signer.example", "-addext", "subjectAltName=IP:127.0.0.1"]
    run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         *subject, "-keyout", key, "-out", certificate],
        clean_environment(tmp_path),
    )  # fmt: skip
    key.chmod(0o600)
    ports = [free_port() for _ in range(3)]
    settings = composed.environment("hallmark")
    config.write_text(f"""
[database]
url = "{settings["HALLMARK_DATABASE__URL"]}"
password_file = "{settings["HALLMARK_DATABASE__PASSWORD_FILE"]}"
connections = 4
[keys]
key_encryption_key_file = "{settings["HALLMARK_KEYS__KEY_ENCRYPTION_KEY_FILE"]}"
[api]
certificate_file = "{certificate}"
key_file = "{key}"
""")
    flags = [f"--{name}-listen=127.0.0.1:{port}" for name, port in zip(("api", "pki", "ops"), ports, strict=True)]
    words = [HALLMARK, "serve", "--config", config, "--pki-url", f"http://127.0.0.1:{ports[1]}", *flags]
    process = subprocess.Popen(words, env=clean_environment(tmp_path), stdout=subprocess.PIPE, text=True)
    try:
        asked = ["check", "--ready", f"http://127.0.0.1:{ports[2]}/readyz"]
        wait_until(
            lambda: run([HALLMARK, *asked], clean_environment(tmp_path)).returncode == 0, READY_SECONDS, "ready"
        )
        url = f"https://127.0.0.1:{ports[0]}"
        over = {name: url for name in composed.administrator() if name.startswith("AWS_ENDPOINT_URL")}
        tls = {**composed.administrator(), **over, "AWS_CA_BUNDLE": str(certificate)}
        assert client(tls).list_signing_profiles()["ResponseMetadata"]["HTTPStatusCode"] == 200
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=EXIT_SECONDS)
        assert process.returncode == 0 and f"https://127.0.0.1:{ports[0]}" in output
    finally:
        process.kill()
        process.wait(EXIT_SECONDS)
    run(["chmod", "644", key], clean_environment(tmp_path))
    done = run(words, clean_environment(tmp_path))
    assert done.returncode == 1 and str(key) in done.stderr


def test_a_password_is_replaced_by_migrating(composed, tmp_path):
    """Two at once, as when two replicas are rolled out together."""
    password = composed.home / "passwords" / "service"
    before = password.read_bytes()
    password.unlink()
    composed.run_well("secrets")
    assert password.read_bytes() != before
    assert "password authentication failed" in failures(composed)
    words = [HALLMARK, *(composed.place(word) for word in COMPOSE["migrate"]["command"])]
    both = [
        subprocess.Popen(words, env=composed.environment("migrate"), stdout=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [process.wait(READY_SECONDS) for process in both] == [0, 0]
    assert composed.hallmark("check").returncode == 0


@pytest.fixture
def documented(tmp_path):
    """The roles of docs/operations.md on a Postgres where the schema's owner is no superuser."""
    documented = Composed(tmp_path / "documented")
    try:
        documented.run_well("secrets")
        documented.cluster = Cluster("postgres", "superuser").start()
        (statements,) = re.findall(r"```sql\n(CREATE ROLE hallmark_app.*?)```", OPERATIONS, re.DOTALL)
        for login in ("owner", "service"):
            password = (documented.home / "passwords" / login).read_text()
            statements = statements.replace(f"{login.upper()}-PASSWORD", password)
        documented.cluster.sql(statements)
        yield documented
    finally:
        documented.destroy()


def test_documented_roles(documented):
    """Migrated by two at once, and initialised by two at once."""
    words = [HALLMARK, "migrate"]
    environment = documented.environment("migrate")
    both = [subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(READY_SECONDS) for process in both] == [0, 0]
    assert "not initialised" in documented.hallmark("check").stdout
    words = [HALLMARK, *(documented.place(word) for word in COMPOSE["init"]["command"])]
    environment = documented.environment("init")
    both = [subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(READY_SECONDS) for process in both] == [0, 0]
    assert documented.sql("SELECT count(*) FROM accounts") == "1"
    assert documented.sql("SELECT count(*) FROM access_keys") == "2"
    documented.serve()
    first_signature(documented.administrator(), documented.principal("ci", "Signer"))
    documented.end()
