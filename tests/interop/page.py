"""A page of the documentation as a list of commands, each with the output that the page shows for it.

A fenced block is run when it is a session (its commands begin with `$ `, what follows them is output) or when its
language is `sh` (all commands, no output). Whatever else is fenced is for reading, and says what it is.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """A command as a reader would type it, and what the page shows below it."""

    line: int
    """Where it stands in the page, from 1."""
    text: str
    shown: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether it has to fail: the page shows an error."""
        return any(line.startswith("Error:") for line in self.shown)


@dataclass(frozen=True)
class Block:
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def is_session(self) -> bool:
        return any(line.startswith(PROMPT) for line in self.lines)


def section(markdown: str, heading: str | None) -> tuple[int, str]:
    """The part of a page under a heading, up to the next of its kind, and the lines before it."""
    if heading is None:
        return 0, markdown
    depth = re.match("#+ ", heading)[0]
    lines = markdown.splitlines()
    assert lines.count(heading) == 1, f"{heading!r} stands {lines.count(heading)} times"
    begin = lines.index(heading)
    end = next((n for n in range(begin + 1, len(lines)) if lines[n].startswith(depth)), len(lines))
    return begin, "\n".join(lines[begin:end])


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page."""
    found, fence = [], None
    lines = markdown.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if fence is None:
            fence = number
        else:
            found.append(Block(fence + 2, lines[fence][3:].strip(), tuple(lines[fence + 1 : number])))
            fence = None
    assert fence is None, f"the block at line {fence} has no end"
    return found


def whole(text: str) -> bool:
    """Whether a shell has read all of the command: no quote, here-document, bracket or line left open."""
    if text.endswith("\\"):
        return False
    done = subprocess.run(["bash", "-n"], input=text + "\n", capture_output=True, text=True, check=False)
    return not re.search("unexpected (end of file|EOF)|here-document", done.stderr)


def of_block(block: Block) -> list[Command]:
    """The commands of a block; a command goes on until the shell would run it."""
    commands, begun = [], None
    text, shown = "", []
    for number, line in enumerate(block.lines, block.line):
        if begun is not None and not whole(text):
            text += "\n" + line
        elif line.startswith(PROMPT) or not block.is_session:
            if begun is not None:
                commands.append(Command(begun, text, tuple(shown)))
            begun, text, shown = number, line.removeprefix(PROMPT), []
        else:
            assert begun is not None, f"line {number} is the output of no command: {line!r}"
            shown.append(line)
    assert begun is not None and whole(text), f"the command at line {begun} has no end:\n{text}"
    return [*commands, Command(begun, text, tuple(shown))]


def commands(markdown: str, heading: str | None = None) -> list[Command]:
    """The commands of a page, or of one of its sections, in their order."""
    before, part = section(markdown, heading)
    found = []
    for block in blocks(part):
        if block.is_session or block.language == "sh":
            found += of_block(block)
        else:
            assert block.language, f"the block at line {block.line} is neither run nor said to be something else"
    assert found, "the page has no commands"
    return [Command(command.line + before, command.text, command.shown) for command in found if command.text.strip()]


def read(path: Path, heading: str | None = None) -> list[Command]:
    return commands(path.read_text(), heading)
