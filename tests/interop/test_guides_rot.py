"""A page that has rotted is seen: what the follower of pages (typist.py) refuses, on small pages and on README."""

import pytest

from page import commands
from typist import Typist
from shell import Shell
from test_guides import README_SECTIONS
from tools import ROOT, clean_environment

PAGE = """
# A page

```sh
greet() { echo "hello $1"; }
```

Some words.

```
$ greet world
hello world
$ cat > list <<END
$(printf one | sha256sum | cut -d ' ' -f 1)
$(printf two | sha256sum | cut -d ' ' -f 1)
END
$ cat list
1111111111111111111111111111111111111111111111111111111111111111
2222222222222222222222222222222222222222222222222222222222222222
$ for name in a \\
    b; do
    greet $name
  done
…
hello b
$ head -n 1 list; date -u +%Y-%m-%dT%H:%M:%SZ
1111111111111111111111111111111111111111111111111111111111111111
2026-01-01T00:00:00Z
$ ls nowhere 2>/dev/null || { echo "Error: not there"; false; }
Error: not there
```

```json
{"not": "a command"}
```
"""


@pytest.fixture
def follow(tmp_path):
    """`follow(page)`: types a page that needs no service."""
    typist = Typist(tmp_path, None, {}, [])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    typist.shell = Shell(tmp_path, clean_environment(tmp_path), scratch)
    yield lambda page: typist.follow(commands(page))
    typist.shell.close()


def test_a_good_page(follow):
    follow(PAGE)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("$ greet world\n", "$ greet word\n", "the page shows 'hello world'"),
        ("$ greet world\n", "$ greed world\n", "refused, line 11: greed world"),
        ("\nhello world\n", "\nhello, world\n", "the page shows 'hello, world'"),
        ("$ cat list\n", "$ sort -r list | head -n 1\n", "the page shows '2222"),
        ("$ head -n 1 list", "$ tail -n 1 list", "the page shows '1111"),
        ("printf two", "printf one", "the page shows '2222"),
        ("2026-01-01T00:00:00Z\n$", "2026-01-01\n$", "the page shows '2026-01-01'"),
        ("ls nowhere", "ls list", "not refused, line 29"),
        ("Error: not there\n```", "not there\n```", "refused, line 29"),
        ("Error: not there\n```", "Error: somewhere else\n```", "the page shows 'Error: somewhere else'"),
        ("\nhello b\n", "\nhello a\nhello b\nhello a\n", "the page shows 'hello a'"),
        ("$ greet world\n", "$ exit 0\n", "the shell ended with: exit 0"),
        ("$ greet world\n", "$ false | cat\n", "refused, line 11"),
        ("$ greet world\n", "$ greet 'world\n", "has no end"),
        ("  done\n", "\n", "has no end"),
        ("$ greet world\nhello world\n", "hello world\n$ greet world\n", "is the output of no command"),
        ("```sh", "```", "neither run nor said to be"),
        ("```json", "```", "neither run nor said to be"),
        ('command"}\n```', 'command"}\n', "has no end"),
    ],
)
def test_rot(follow, old, new, complaint):
    assert PAGE.count(old) == 1, old
    with pytest.raises(AssertionError) as seen:
        follow(PAGE.replace(old, new))
    assert complaint in str(seen.value)


def test_a_page_without_commands(follow):
    with pytest.raises(AssertionError, match="no commands"):
        follow("# A page\n\n```text\nfor reading\n```\n")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('$ aws signer revoke-signature --job-id $JOB --reason "wrong build"\n', "", "not refused, line"),
        ("OU=$HALLMARK_ACCOUNT, CN=plain", "OU=$HALLMARK_ACCOUNT, CN=other", "refused, line"),
    ],
)
def test_readme_rots(typist, old, new, complaint):
    """Never revoked and still refused; trusted under another name and still accepted: README would show what is not so."""
    readme = (ROOT / "README.md").read_text()
    assert old in readme
    with pytest.raises(AssertionError) as seen:
        typist.follow(commands(readme.replace(old, new), README_SECTIONS[0]))
    assert complaint in str(seen.value) and "notation verify" in str(seen.value)
