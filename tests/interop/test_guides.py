"""The pages that walk a typist through something, followed to the letter: each command, and what it is shown to say."""

from page import read
from tools import ROOT

README_SECTIONS = (
    "## Sign an image in five minutes",
    "## With Hallmark's notation plugin",
    "## With AWS Signer's notation plugin",
)


def test_readme(typist):
    for heading in README_SECTIONS:
        typist.follow(read(ROOT / "README.md", heading))


def test_pipeline(typist):
    typist.follow(read(ROOT / "docs" / "guides" / "pipeline.md"))
