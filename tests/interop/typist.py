"""A reader who types what a page says, in the order of the page, and sees what it shows."""

import shutil
import socket
from pathlib import Path

from likeness import Likeness
from page import Command
from service import Hallmark, free_port, wait_until
from shell import Done, Shell
from tools import AWS_PLUGIN, HALLMARK, ROOT, aws_plugin, clean_environment

#: Commands that a run leaves out: what they install or build is there (`tests/run` begins with it).
DONE_ALREADY = {"tests/tools/install", "cargo build --release -p hallmark-client"}
#: What a page's directory holds of the checkout.
FILES = ("docs/registry.yml",)
#: The client's programs, built beside the service.
PROGRAMS = ("notation-hallmark", "hallmarkctl")


class Typist:
    """A directory with a running `hallmark dev`, an empty home and the addresses that the pages name, moved."""

    def __init__(self, directory: Path, hallmark: Hallmark, places: dict[str, str], registries: list[int]):
        self.directory = directory
        self.hallmark = hallmark
        self.places = places
        self.registries = registries
        self.shell: Shell | None = None
        """Typed into from `settle` on."""
        self.likeness = Likeness()

    @classmethod
    def arrive(cls, directory: Path) -> "Typist":
        """The one place that says where a page's addresses are in a run."""
        registries = [free_port(), free_port()]
        hallmark = Hallmark(directory / ".hallmark")
        places = {
            "localhost:5000": f"localhost:{registries[0]}",
            "127.0.0.1:5000": f"127.0.0.1:{registries[0]}",
            "localhost:5001": f"localhost:{registries[1]}",
            "127.0.0.1:5001": f"127.0.0.1:{registries[1]}",
            "/tmp/hallmark-registry": str(directory / "registry"),
        }
        reader = cls(directory, hallmark, places, registries)
        try:
            reader.settle()
        except BaseException:
            reader.leave()
            raise
        return reader

    def settle(self):
        for file in FILES:
            (self.directory / file).parent.mkdir(parents=True, exist_ok=True)
            (self.directory / file).write_text(self.placed((ROOT / file).read_text()))
        programs = self.directory / "target" / "release"
        programs.mkdir(parents=True)
        for program in PROGRAMS:
            if (HALLMARK.parent / program).exists():
                shutil.copy(HALLMARK.parent / program, programs)
        shutil.copy(aws_plugin(), self.directory / f"notation-{AWS_PLUGIN}")
        home, scratch = self.directory / "home", self.directory / "scratch"
        home.mkdir()
        scratch.mkdir()
        self.hallmark.start(cwd=self.directory)
        self.places["signer.hallmark.test:8080"] = f"signer.hallmark.test:{self.hallmark.ports['api']}"
        self.shell = Shell(self.directory, clean_environment(home), scratch)

    def leave(self):
        if self.shell is not None:
            self.shell.close()
        self.hallmark.destroy()

    def placed(self, text: str) -> str:
        for place, actual in self.places.items():
            text = text.replace(place, actual)
        return text

    def listening(self) -> int:
        """How many of the registries answer."""
        count = 0
        for port in self.registries:
            with socket.socket() as caller:
                count += caller.connect_ex(("127.0.0.1", port)) == 0
        return count

    def type(self, text: str) -> Done:
        """Runs a command; what a page starts in the background is a registry, and is waited for as a reader would."""
        before = self.listening()
        done = self.shell.run(text)
        if text.rstrip().endswith("&"):
            wait_until(lambda: self.listening() > before, 30, f"{text} listening")
        return done

    def follow(self, commands: list[Command]):
        """Types each command and insists on what the page shows: success or refusal, and the lines of output."""
        for command in commands:
            if command.text in DONE_ALREADY:
                continue
            done = self.type(self.placed(command.text))
            said = f"line {command.line}: {command.text}\nexit status {done.status}, and said:\n{done.output}"
            assert (done.status != 0) == command.refused, f"{'not ' if command.refused else ''}refused, {said}"
            missing = self.likeness.missing(map(self.placed, command.shown), done.output)
            assert missing is None, f"the page shows {missing!r}, {said}"
