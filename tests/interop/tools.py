"""Where the installed tools stand (tests/tools/install), and how they are run."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "target" / "tools"
BIN = TOOLS / "bin"
AWS_PLUGIN = "com.amazonaws.signer.notation.plugin"
HALLMARK = Path(os.environ.get("HALLMARK_BINARY", ROOT / "target" / "release" / "hallmark"))
#: Beside the service's binary, built in the same way.
HALLMARK_PLUGIN = HALLMARK.with_name("notation-hallmark")
TIMEOUT_SECONDS = 120
THE_AWS_PLUGIN = TOOLS / "plugin" / f"notation-{AWS_PLUGIN}"
STAND_IN = BIN / "stand-in"


def aws_plugin() -> Path:
    """AWS's own plugin; its stand-in where it could not be installed, or with HALLMARK_STAND_IN=1."""
    wanted = THE_AWS_PLUGIN.exists() and os.environ.get("HALLMARK_STAND_IN") != "1"
    return THE_AWS_PLUGIN if wanted else STAND_IN


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of a child process: nothing of the developer's own AWS, proxy or notation settings."""
    return {
        "PATH": os.pathsep.join([str(BIN), str(TOOLS / "venv" / "bin"), os.environ["PATH"]]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
    }


def run(arguments, environment, *, stdin=None) -> subprocess.CompletedProcess:
    """Runs a program to its end, without judging how it ended."""
    return subprocess.run(
        [str(argument) for argument in arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def run_well(arguments, environment, *, stdin=None) -> str:
    """Runs a program that has to succeed; returns its standard output."""
    done = run(arguments, environment, stdin=stdin)
    assert done.returncode == 0, f"{done.args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
