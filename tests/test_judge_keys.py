"""The judge of a configuration: read, layered, shown and refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.config import in_force, load_config
from agentops_cli.errors import InputError
from agentops_cli.model.judge import Judge
from agentops_cli.model.settings import Config
from agentops_cli.validate import schema

INLINE = "judge: {model: openai/gpt-4o, threshold: 0.6, votes: 3, instructions: Be kind.}\n"


def load(folder: Path, text: str) -> Config:
    (folder / "agentops.yaml").write_text(text, encoding="utf-8")
    return load_config(folder, environ={})


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder, text)
    return [f"{finding.location} {finding.rule}" for finding in caught.value.findings]


def test_without_one_there_is_none(git_repo: Path) -> None:
    config = load(git_repo, "")
    assert (config.judge, config.judges) == (None, ("judges/*.yaml",))
    assert "judge" not in in_force(config)


def test_a_judge_is_read_with_its_defaults_and_its_place(git_repo: Path) -> None:
    judge = load(git_repo, "judge: {model: openai/gpt-4o}\n").judge
    assert isinstance(judge, Judge)
    assert (judge.threshold, judge.votes, judge.instructions) == (0.7, 1, None)
    assert str(judge.location) == "agentops.yaml:1:1"


def test_what_is_in_force_reads_back_as_it_is(git_repo: Path) -> None:
    config = load(git_repo, f"{INLINE}judges: [checks/*.yaml]\n")
    shown: dict[str, Any] = in_force(config)
    assert shown["judges"] == ["checks/*.yaml"]
    again = load(git_repo, json.dumps({"judge": shown["judge"]}))
    assert in_force(again)["judge"] == shown["judge"]
    assert config.digest != again.digest
    assert config.sources["judge.votes"] == "agentops.yaml:1"


@pytest.mark.parametrize("key", ["judge: j.yaml", "judges: [j/*.yaml]"])
def test_a_path_is_relative_to_the_file_that_names_it(git_repo: Path, key: str) -> None:
    (git_repo / "base.yaml").write_text(key, encoding="utf-8")
    (git_repo / "app").mkdir()
    config = load(git_repo / "app", "extends: ../base.yaml")
    assert config.judge == "../j.yaml" or config.judges == ("../j/*.yaml",)


@pytest.mark.parametrize("far", ["judge: j.yaml", "judge: {model: m/x, votes: 3}"])
def test_a_judge_is_never_put_together_from_two_files(git_repo: Path, far: str) -> None:
    (git_repo / "base.yaml").write_text(far, encoding="utf-8")
    judge = load(git_repo, "extends: base.yaml\njudge: {model: m/y}").judge
    assert isinstance(judge, Judge)
    assert (judge.model, judge.votes) == ("m/y", 1)
    assert load(git_repo, "extends: base.yaml\njudge: k.yaml").judge == "k.yaml"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("judge: {model: agent/bot}", ["agentops.yaml:1:16 bad-judge"]),
        ("judge: {model: replay/c}", ["agentops.yaml:1:16 bad-judge"]),
        ("judge: {model: m, votes: 3, temperature: 0}", ["agentops.yaml:1:42 bad-judge"]),
        ("judge: {model: m, votes: 3, temperature: 0.0}", ["agentops.yaml:1:42 bad-judge"]),
        ("judge: {votes: 3}", ["agentops.yaml:1:8 missing-key"]),
        ("judge: {model: m, votes: 4}", ["agentops.yaml:1:26 bad-value"]),
        ("judge: 5", ["agentops.yaml:1:8 wrong-type"]),
        ("judges: []", ["agentops.yaml:1:9 bad-value"]),
    ],
)
def test_a_judge_that_is_wrong_is_told_where_it_stands(
    git_repo: Path, text: str, told: list[str]
) -> None:
    assert refused(git_repo, text) == told


@pytest.mark.parametrize("keys", ["votes: 1, temperature: 0", "votes: 3, temperature: null"])
def test_votes_that_may_differ_are_taken(git_repo: Path, keys: str) -> None:
    assert isinstance(load(git_repo, f"judge: {{model: m, {keys}}}").judge, Judge)


def _judges() -> Iterator[dict[str, Any]]:
    for name in ("suite", "config"):
        whole: Any = schema(name)
        yield whole["properties"]["judge"]["anyOf"][0]["properties"]
    own: Any = schema("judge")
    of_the_file = {"description", "minKappa", "examples"}
    yield {key: part for key, part in own["properties"].items() if key not in of_the_file}


def test_the_three_schemas_say_the_same_of_a_judge() -> None:
    suite, config, own = _judges()
    assert suite == config == own
