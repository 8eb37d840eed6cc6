from pathlib import Path
from typing import Any

import pytest

from agentops_cli.assertions.language import KNOWN, detect
from agentops_cli.locate import parse_yaml
from tests.assertions.conftest import Judge

FILE = Path(__file__).parent / "languages.yml"
TABLE: Any = parse_yaml(FILE.read_text(encoding="utf-8"), path=FILE.name).data
SAMPLES: dict[str, str] = TABLE["samples"]
UNCLEAR: dict[str, str] = TABLE["unclear"]


@pytest.mark.parametrize(("language", "text"), SAMPLES.items())
def test_a_language_is_told(language: str, text: str) -> None:
    assert detect(text) == language


def test_every_known_language_has_a_sample() -> None:
    assert set(SAMPLES) == set(KNOWN)


@pytest.mark.parametrize("text", UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_not_clear_is_not_told(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("wanted", KNOWN)
def test_a_language_is_never_taken_for_another(judge: Judge, wanted: str) -> None:
    for language, text in SAMPLES.items():
        assert judge("language", text, {"value": wanted}).passed is (language == wanted)
