"""`hallmark dev`, again: a second start, two side by side, after a crash, and its end."""

import os
import signal
import subprocess
import time

import pytest

from clients import client, new_profile
from sample import signs_with_sample_profile
from service import EXIT_SECONDS, READY_SECONDS, ROLES, Hallmark, process_lives, wait_until
from tools import run


def test_second_start_keeps_everything(instance):
    service = instance().start()
    before = {role: service.role(role) for role in ROLES}
    root = service.pki("/root.pem")
    envelope = signs_with_sample_profile(service)
    service.stop()
    service.start()
    for role, variables in before.items():
        after = service.role(role)
        for member in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HALLMARK_ACCOUNT", "HALLMARK_PROFILE_ARN"):
            assert after[member] == variables[member]
    assert service.pki("/root.pem") == root
    job = client(service.role("auditor")).describe_signing_job(jobId=envelope.question()["jobArn"].rsplit("/", 1)[1])
    assert job["status"] == "Succeeded"
    signs_with_sample_profile(service)
    service.stop()


def test_started_from_a_shell_that_sourced_its_file(instance):
    """The file tells clients where the service is; it must not tell the service where to be."""
    service = instance().start()
    service.stop()
    service.environment = service.environment | service.role("admin")
    service.start()
    signs_with_sample_profile(service)
    service.stop()


def postgres_of(service: Hallmark) -> list[str]:
    """The processes that run on this data directory's cluster."""
    name = service.data_dir / "cluster-id"
    cluster = name.read_text().strip() if name.exists() else str(service.data_dir)
    listed = run(["ps", "-eo", "args"], service.environment).stdout.splitlines()
    return [line for line in listed if cluster in line and ("postgres" in line or "initdb" in line)]


@pytest.mark.parametrize("line", ["creating the database cluster", "starting PostgreSQL", "Issuing the root"])
def test_ctrl_c_while_it_starts(instance, line):
    """Whatever it is doing: nothing is left running, and the next start completes what is there."""
    service = instance()
    with service.log.open("ab") as log:
        process = subprocess.Popen(service.command(), env=service.environment, stdout=log, stderr=log)
    wait_until(lambda: line in service.output(), READY_SECONDS, line)
    process.send_signal(signal.SIGINT)
    process.wait(EXIT_SECONDS)
    wait_until(lambda: not postgres_of(service), EXIT_SECONDS, "its Postgres ending with it")
    service.start()
    signs_with_sample_profile(service)
    service.stop()


def test_side_by_side(instance):
    first, second = instance("one").start(), instance("two").start()
    assert first.postgres() != second.postgres()
    assert first.pki("/root.pem") != second.pki("/root.pem")
    profile = new_profile(client(first.role("admin")))["profileName"]
    with pytest.raises(client(second.role("admin")).exceptions.ClientError) as caught:
        client(second.role("admin")).get_signing_profile(profileName=profile)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    first.stop()
    signs_with_sample_profile(second)
    second.stop()


def test_one_data_directory_has_one_service(instance):
    first = instance().start()
    rival = instance()
    done = run(rival.command(), rival.environment)
    assert done.returncode != 0
    sentence = done.stderr.strip().splitlines()[-1]
    assert str(first.data_dir) in sentence and "another" in sentence, done.stderr
    signs_with_sample_profile(first)
    first.stop()


def test_recovers_from_kill(instance):
    service = instance().start()
    envelope = signs_with_sample_profile(service)
    left_behind = service.kill()
    service.start()
    assert not process_lives(left_behind) or service.postgres() == left_behind
    job = client(service.role("auditor")).describe_signing_job(jobId=envelope.question()["jobArn"].rsplit("/", 1)[1])
    assert job["status"] == "Succeeded", "an acknowledged signature survives a crash"
    signs_with_sample_profile(service)
    service.stop()


def test_recovers_when_both_were_killed(instance):
    service = instance().start()
    signs_with_sample_profile(service)
    postgres = service.kill()
    os.kill(postgres, 9)
    wait_until(lambda: not process_lives(postgres), EXIT_SECONDS, "Postgres ending")
    service.start()
    signs_with_sample_profile(service)
    service.stop()


def test_ctrl_c_in_a_terminal(instance):
    """A terminal sends SIGINT to the whole group, Postgres included if it stands there."""
    service = instance().start()
    assert service.interrupt(group=True) == 0, service.output()


def test_terminate(instance):
    service = instance().start()
    postgres = service.postgres()
    service.process.terminate()
    assert service.process.wait(EXIT_SECONDS) == 0, service.output()
    wait_until(lambda: not process_lives(postgres), EXIT_SECONDS, "its Postgres ending with it")


def test_ready_on_any_port(tmp_path, instance):
    """Port 0 is allowed; the environment file says which ports were taken."""
    service = instance()
    command = [word if not word.startswith("127.0.0.1:") else "127.0.0.1:0" for word in service.command()]
    with service.log.open("wb") as log:
        service.process = subprocess.Popen(
            command, env=service.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    wait_until((service.data_dir / "operator.env").exists, READY_SECONDS, "the environment files")
    wait_until(lambda: reachable(service), READY_SECONDS, "the PKI listener")
    signs_with_sample_profile(service)
    service.stop()


def reachable(service: Hallmark) -> bool:
    try:
        return b"CERTIFICATE" in service.pki("/root.pem")
    except OSError:
        return False


def test_time_to_ready(instance, capsys):
    """Printed, not judged."""
    service = instance()
    times = []
    for _ in ("fresh", "again"):
        begun = time.monotonic()
        service.start()
        times.append(time.monotonic() - begun)
        service.stop()
    with capsys.disabled():
        print(f"\nhallmark dev ready: fresh {times[0]:.2f} s, again {times[1]:.2f} s")
