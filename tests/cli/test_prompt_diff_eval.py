"""`agentops prompt diff --eval`: both versions of a prompt put to the same cases, in a real git."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.diff import FORMATS
from agentops_cli.validate import schema
from tests.cli.running import Cli, Ended
from tests.servers.guarded_model import GuardedModel, running

RULE = "Decline whatever is no feature."
PROMPT = f"""---
version: 1.0.0
model: openai/gpt-4o-mini
temperature: 0
max_tokens: 50
---
You write user stories. {RULE}
"""
UNGUARDED = PROMPT.replace(f" {RULE}", "")
COSMETIC = PROMPT.replace("You write user stories.", "You write  user stories.")
HEAD = "prompt: ../prompts/pm.prompt.md\n"
ON = [f"  - {{id: on-{n}, input: 'a feature {n}', mustContain: [User story]}}" for n in range(6)]
OFF = [f'  - {{id: off-{n}, input: "a poem {n}", mustContain: ["can\'t help"]}}' for n in range(6)]
SUITE = "\n".join([f"{HEAD}cases:", *ON, *OFF, ""])


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardedModel]:
    with running(RULE) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        yield server


@pytest.fixture(autouse=True)
def _repository(cli: Cli) -> None:
    """A prompt with its suite, committed on main."""
    (cli.folder / "echo.prompt.md").unlink()
    cli.write(
        "agentops.yaml",
        "prompts: [prompts/*.prompt.md]\nsuites: [evals/*.yaml]\n",
    )
    cli.write("prompts/pm.prompt.md", PROMPT)
    cli.write("evals/pm.yaml", SUITE)
    cli.write(".gitignore", ".agentops/\n")
    _git(cli.folder, "init", "--quiet", "--initial-branch=main")
    _commit(cli)


def _git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


def _commit(cli: Cli) -> None:
    _git(cli.folder, "add", "--all")
    _git(cli.folder, "commit", "--quiet", "--message=x")


def _diff(cli: Cli, *args: str) -> Ended:
    return cli.run("prompt", "diff", "HEAD", "--eval", "--no-progress", *args)


def _told(cli: Cli, *args: str) -> Any:
    """What a program reads of it, held against the schema."""
    ended = _diff(cli, "--format", "json", *args)
    found = json.loads(ended.out)
    Draft202012Validator(schema("diff")).validate(found)
    assert found["exitCode"] == ended.code
    return found


def _counts(model: Any) -> tuple[int, int, int, int]:
    return model["broken"], model["fixed"], model["bothFail"], model["bothPass"]


def test_what_a_guardrail_held_breaks_without_it(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    found = _told(cli)

    [prompt] = found["prompts"]
    [compared] = prompt["evaluated"]["models"]
    assert prompt["evaluated"]["verdict"] == compared["verdict"] == "worse"
    assert _counts(compared) == (6, 0, 0, 6)
    assert [case["case"] for case in compared["cases"]] == [f"off-{n}" for n in range(6)]
    assert compared["cases"][0]["why"].startswith("mustContain: ")
    assert compared["cases"][0]["place"]["path"] == "evals/pm.yaml"
    assert compared["passRate"]["change"] == -0.5
    assert compared["passRate"]["high"] < 0
    assert compared["midP"] == pytest.approx(1 / 64)
    assert compared["tokens"]["before"] == compared["tokens"]["after"] == 120
    assert compared["usd"]["after"] > 0
    assert compared["p50LatencyS"]["cases"] == 12
    assert found["evaluation"]["trials"] == len(model.systems) == 24
    assert Counter(RULE in system for system in model.systems) == {True: 12, False: 12}


def test_the_other_way_round_it_is_better(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    _commit(cli)
    cli.write("prompts/pm.prompt.md", PROMPT)

    [compared] = _told(cli)["prompts"][0]["evaluated"]["models"]

    assert compared["verdict"] == "better"
    assert _counts(compared) == (0, 6, 0, 6)


def test_a_cosmetic_change_shows_nothing(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", COSMETIC)
    found = _told(cli, "--fail-on", "worse")

    [compared] = found["prompts"][0]["evaluated"]["models"]
    assert found["exitCode"] == ExitCode.OK
    assert compared["verdict"] == "not shown"
    assert _counts(compared) == (0, 0, 0, 12)
    low, high = compared["passRate"]["low"], compared["passRate"]["high"]
    assert low < 0 < high
    assert 0.3 < compared["visibleDrop"] < 0.6


@pytest.mark.parametrize(
    ("text", "args", "code"),
    [
        (UNGUARDED, (), ExitCode.OK),
        (UNGUARDED, ("--fail-on", "worse"), ExitCode.REJECTED),
        (COSMETIC, ("--fail-on", "worse"), ExitCode.OK),
        (UNGUARDED, ("--fail-on", "breaking"), ExitCode.REJECTED),
    ],
)
def test_it_is_a_no_only_where_that_was_asked(
    cli: Cli, model: GuardedModel, text: str, args: tuple[str, ...], code: ExitCode
) -> None:
    cli.write("prompts/pm.prompt.md", text)
    assert _diff(cli, *args).code is code


@pytest.mark.parametrize("output", [each for each in FORMATS if each != "name-only"])
def test_every_format_tells_the_verdict(cli: Cli, model: GuardedModel, output: str) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    ended = _diff(cli, "--format", output)
    assert "worse" in ended.out
    if output != "stat":
        assert "off-0" in ended.out
    assert "evaluated: 24 executions for $" in ended.err
    assert "on their cases 1 worse" in ended.err


def test_versions_take_turns_in_going_first(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    _diff(cli, "--concurrency", "1")
    assert [RULE in system for system in model.systems] == [True, False, False, True] * 6


def test_repeats_are_of_both_versions_and_a_case_is_one_observation(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    [compared] = _told(cli, "--repeat", "3")["prompts"][0]["evaluated"]["models"]
    assert _counts(compared) == (6, 0, 0, 6)
    assert compared["trials"] == len(model.systems) == 72


def test_what_was_answered_before_is_not_asked_again(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    first = _told(cli)["prompts"][0]["evaluated"]["models"][0]
    found = _told(cli)

    [again] = found["prompts"][0]["evaluated"]["models"]
    assert len(model.systems) == 24
    assert found["evaluation"]["recorded"] == again["recorded"] == 24
    assert found["evaluation"]["cost"]["usd"] == "0"
    assert (again["usd"], again["verdict"]) == (first["usd"], "worse")
    assert again["p50LatencyS"] is None
    _diff(cli, "--no-cache")
    assert len(model.systems) == 48


def test_one_budget_holds_for_both_versions(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    found = _told(cli, "--budget", "0.0005", "--concurrency", "1")

    [compared] = found["prompts"][0]["evaluated"]["models"]
    assert found["exitCode"] == found["evaluation"]["exitCode"] == ExitCode.STOPPED
    assert float(found["evaluation"]["cost"]["usd"]) <= 0.0005
    assert 0 < len(model.systems) < 24
    assert compared["notJudged"] > 0
    assert sum(_counts(compared)) + compared["notJudged"] == 12
    told = [case["ending"] for case in compared["cases"]]
    assert "not judged" in told
    assert _diff(cli, "--budget", "0.0005", "--concurrency", "1", "--no-cache").err.count("budget")


def test_a_version_that_nobody_answered_is_not_judged(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    model.status, model.fails_on = 400, "Decline"  # The earlier version only.
    found = _told(cli, "--fail-on", "worse")

    [compared] = found["prompts"][0]["evaluated"]["models"]
    assert found["exitCode"] == ExitCode.UNREACHABLE
    assert compared["verdict"] is None
    assert compared["notJudged"] == 12
    assert _counts(compared) == (0, 0, 0, 0)
    assert "no verdict" in _diff(cli).out


def test_without_a_key_there_is_no_verdict(
    cli: Cli, model: GuardedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    model.status = 401
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    ended = _diff(cli, "--fail-on", "worse")
    assert ended.code is ExitCode.UNREACHABLE
    assert "no verdict" in ended.out


def test_a_replay_takes_the_answers_of_both_sides_and_makes_no_call(
    cli: Cli, model: GuardedModel
) -> None:
    assert cli.run("eval", "--record").code is ExitCode.OK
    _commit(cli)
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    # Recording drops the answers to the earlier version: they are in the earlier commit only.
    assert cli.run("eval", "--record").code is ExitCode.REJECTED
    model.systems.clear()

    found = _told(cli, "--replay", "--fail-on", "worse")

    assert found["exitCode"] == ExitCode.REJECTED
    assert found["prompts"][0]["evaluated"]["verdict"] == "worse"
    assert found["evaluation"]["isReplay"] is True
    assert model.systems == []
    assert "no call was made" in _diff(cli, "--replay").err


def test_an_answer_that_was_not_recorded_is_never_a_pass(cli: Cli, model: GuardedModel) -> None:
    assert cli.run("eval", "--record").code is ExitCode.OK
    _commit(cli)
    cli.write("prompts/pm.prompt.md", COSMETIC)

    found = _told(cli, "--replay")

    [compared] = found["prompts"][0]["evaluated"]["models"]
    assert found["exitCode"] == ExitCode.UNREACHABLE
    assert (compared["verdict"], compared["notJudged"]) == (None, 12)
    assert compared["cases"][0]["why"].startswith("after: evals/cassettes/pm.jsonl has no answer")


@pytest.mark.parametrize("renames", [False, True], ids=["same case", "case renamed"])
def test_a_replay_has_the_earlier_answers_from_the_earlier_commit(
    cli: Cli, model: GuardedModel, renames: bool
) -> None:
    assert cli.run("eval", "--record").code is ExitCode.OK
    _commit(cli)
    cassette = "evals/cassettes/pm.jsonl"
    earlier = (cli.folder / cassette).read_text(encoding="utf-8")
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    assert cli.run("eval", "--record").code is ExitCode.REJECTED
    later = (cli.folder / cassette).read_text(encoding="utf-8")
    forged = earlier.replace("can't help", "could help")
    assert forged != earlier
    if renames:
        forged, later = (text.replace('"off-', '"gone-') for text in (forged, later))
        cli.write("evals/pm.yaml", SUITE.replace("off-", "gone-"))
    cli.write(cassette, later + forged)

    found = _told(cli, "--replay")

    told = found["prompts"][0]["evaluated"]
    assert _counts(told["models"][0]) == (6, 0, 0, 6)
    note = f"{cassette}: 6 recorded answers are not those of the earlier side, whose answers count"
    assert (note in told["notes"]) is not renames
    assert model.systems


NEW = [f"  - {{id: new-{n}, input: 'a poem {n}', mustContain: [\"can't help\"]}}" for n in range(6)]


@pytest.mark.parametrize("output", [each for each in FORMATS if each != "name-only"])
def test_every_format_tells_how_the_suite_changed(
    cli: Cli, model: GuardedModel, output: str
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    changed = [line.replace("can't help", "poem") for line in OFF[:5]]
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *NEW[:2], *ON, *changed, OFF[5], ""]))
    out = _diff(cli, "--format", output).out
    assert "evals/pm.yaml is not the suite of the earlier side: 2 new cases; 5 changed: " in out
    assert "off-0, off-1, off-2 and 2 more" in out


def test_a_suite_that_only_moved_its_lines_is_the_same(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    cli.write("evals/pm.yaml", f"# A word.\n{SUITE}")
    assert _told(cli)["prompts"][0]["evaluated"]["notes"] == []


@pytest.mark.parametrize("has_suite", [True, False])
def test_what_is_better_only_on_cases_of_this_change_is_told_so(
    cli: Cli, model: GuardedModel, has_suite: bool
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *ON, ""]))
    if not has_suite:
        (cli.folder / "evals/pm.yaml").unlink()
    _commit(cli)
    cli.write("prompts/pm.prompt.md", PROMPT)
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *ON, *NEW, ""]))
    told = _told(cli)["prompts"][0]["evaluated"]
    assert told["verdict"] == "better"
    count = "6 new cases" if has_suite else "12 new cases"
    without = "it is not shown" if has_suite else "there is no verdict"
    assert told["notes"] == [
        f"evals/pm.yaml is not the suite of the earlier side: {count}",
        f"better only because of cases of this change: without them {without}",
    ]


def test_the_suite_is_that_of_the_later_side_and_what_left_it_is_named(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("evals/old.yaml", f"{HEAD}cases: [{{id: x, input: x, mustContain: [x]}}]\n")
    _commit(cli)
    (cli.folder / "evals/old.yaml").unlink()
    cli.write("prompts/pm.prompt.md", COSMETIC)
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *ON, *OFF[:3], ""]))

    told = _told(cli)["prompts"][0]["evaluated"]

    assert _counts(told["models"][0]) == (0, 0, 0, 9)
    assert told["gone"] == [
        "evals/old.yaml: all of its cases",
        *(f"evals/pm.yaml: off-{n}" for n in (3, 4, 5)),
    ]


def test_two_commits_are_compared_with_the_suite_of_the_later_one(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    _commit(cli)
    cli.write("evals/pm.yaml", f"{HEAD}cases: [{{id: today, input: x, mustContain: [x]}}]\n")
    ended = cli.run("prompt", "diff", "HEAD~1", "HEAD", "--eval", "--format", "json")
    [compared] = json.loads(ended.out)["prompts"][0]["evaluated"]["models"]
    assert _counts(compared) == (6, 0, 0, 6)


def test_a_suite_may_name_its_prompt_and_be_run_from_anywhere(
    cli: Cli, model: GuardedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("evals/pm.yaml", SUITE.replace("../prompts/pm.prompt.md", "pm"))
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    monkeypatch.chdir(cli.folder / "prompts")
    [compared] = _told(cli)["prompts"][0]["evaluated"]["models"]
    assert _counts(compared) == (6, 0, 0, 6)
    assert compared["cases"][0]["place"]["path"] == "evals/pm.yaml"
    assert "../evals/pm.yaml:9" in _diff(cli).out


def test_a_prompt_that_moved_is_compared_with_what_it_was(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", PROMPT.replace("version", "name: pm\nversion"))
    _commit(cli)
    (cli.folder / "prompts/pm.prompt.md").unlink()
    cli.write("prompts/owner.prompt.md", UNGUARDED.replace("version", "name: pm\nversion"))
    cli.write("evals/pm.yaml", SUITE.replace("pm.prompt.md", "owner.prompt.md"))
    _git(cli.folder, "add", "--all")
    for side in ((), ("--staged",)):
        [prompt] = _told(cli, *side)["prompts"]
        assert prompt["status"] == "renamed"
        assert _counts(prompt["evaluated"]["models"][0]) == (6, 0, 0, 6)


def test_what_both_versions_include_is_what_each_side_has(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/_rule.md", f"{RULE}\n")
    cli.write("prompts/pm.prompt.md", PROMPT.replace(RULE, "{% include '_rule.md' %}"))
    _commit(cli)
    cli.write("prompts/_rule.md", "Be kind.\n")
    cli.write("prompts/pm.prompt.md", COSMETIC.replace(RULE, "{% include '_rule.md' %}"))
    [compared] = _told(cli)["prompts"][0]["evaluated"]["models"]
    assert _counts(compared) == (6, 0, 0, 6)


def test_such_a_run_is_never_gone_on_with_as_an_evaluation(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    _diff(cli)
    ended = cli.run("eval", "--resume", "last")
    assert ended.code not in {ExitCode.OK, ExitCode.REJECTED, ExitCode.INTERNAL}
    assert len(model.systems) == 24


def test_cases_that_only_one_version_understands_are_listed(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", f"{COSMETIC}\nuser:\n{{{{ idea }}}} for {{{{ whom }}}}\n")
    both = '  - {id: both, vars: {idea: x, whom: y}, mustContain: ["can\'t help"]}'
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", both, ""]))

    found = _told(cli)

    assert found["exitCode"] == ExitCode.EMPTY
    told = found["prompts"][0]["evaluated"]
    assert told["verdict"] is None
    assert [case["case"] for case in told["skipped"]] == ["both"]
    assert "the earlier version cannot be given it" in told["skipped"][0]["why"]
    assert model.systems == []


@pytest.mark.parametrize(
    ("files", "fragment"),
    [
        ({"evals/pm.yaml": f"{SUITE}mistake: 1\n"}, "evals/pm.yaml:15:1"),
        ({"prompts/pm.prompt.md": f"{PROMPT}{{{{ nothing(\n"}, "prompts/pm.prompt.md"),
        ({"prompts/pm.prompt.md": PROMPT.replace("version: 1.0.0", "version: [1")}, "pm.prompt.md"),
    ],
    ids=["suite", "template", "frontmatter"],
)
def test_a_mistake_is_told_before_anything_is_spent(
    cli: Cli, model: GuardedModel, files: dict[str, str], fragment: str
) -> None:
    cli.write("prompts/pm.prompt.md", COSMETIC)
    for path, text in files.items():
        cli.write(path, text)
    ended = _diff(cli)
    assert ended.code is ExitCode.INPUT
    assert fragment in ended.out + ended.err
    assert model.systems == []


def test_a_suite_that_cannot_be_read_is_not_left_out(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    (cli.folder / "evals/other.yaml").write_bytes(b"prompt: \xff\n")
    ended = _diff(cli)
    assert ended.code is ExitCode.INPUT
    assert "evals/other.yaml" in ended.err
    assert model.systems == []


def test_two_prompts_of_one_name_are_a_mistake(cli: Cli, model: GuardedModel) -> None:
    cli.write("evals/pm.yaml", SUITE.replace("../prompts/pm.prompt.md", "pm"))
    cli.write("prompts/b.prompt.md", f"{PROMPT}b".replace("version", "name: pm\nversion"))
    _commit(cli)
    for path in ("prompts/pm.prompt.md", "prompts/b.prompt.md"):
        text = (cli.folder / path).read_text(encoding="utf-8")
        cli.write(path, text.replace(f" {RULE}", ""))
    ended = _diff(cli)
    assert ended.code is ExitCode.INPUT
    assert "its prompt is in prompts/b.prompt.md and prompts/pm.prompt.md" in ended.err


def test_a_change_that_no_suite_looks_at_is_no_yes(cli: Cli, model: GuardedModel) -> None:
    (cli.folder / "evals/pm.yaml").unlink()
    _commit(cli)
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    ended = _diff(cli)
    assert ended.code is ExitCode.EMPTY
    assert "no suite runs it" in ended.out
    assert _diff(cli, "--allow-empty").code is ExitCode.OK


def test_where_nothing_has_two_versions_nothing_is_asked(cli: Cli, model: GuardedModel) -> None:
    assert "no prompt has changed" in _diff(cli).err
    cli.write("prompts/new.prompt.md", PROMPT)
    ended = _diff(cli)
    assert ended.code is ExitCode.OK
    assert "nothing was evaluated" in ended.err
    assert model.systems == []


def _skipping(case: str) -> str:
    return case.replace("{id", "{skip: later, id")


def test_what_the_suite_skips_is_listed_and_that_it_did_not_before(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", _skipping(ON[0]), *ON[1:], *OFF, ""]))
    _commit(cli)
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    new = "  - {skip: not yet, id: new, input: x, mustContain: [x]}"
    cases = [_skipping(ON[0]), *ON[1:], *map(_skipping, OFF[:2]), *OFF[2:], new]
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *cases, ""]))

    told = _told(cli)["prompts"][0]["evaluated"]

    assert _counts(told["models"][0]) == (4, 0, 0, 5)
    assert [(each["case"], each["why"]) for each in told["skipped"]] == [
        ("on-0", "the suite skips it: later"),
        ("off-0", "the suite skips it, which it did not before: later"),
        ("off-1", "the suite skips it, which it did not before: later"),
        ("new", "the suite skips it: not yet"),
    ]
    assert "off-1: the suite skips it, which it did not before: later" in _diff(cli).out


def test_a_suite_that_skips_all_of_its_cases_is_no_yes(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *map(_skipping, [*ON, *OFF]), ""]))
    ended = _diff(cli, "--fail-on", "worse")
    assert ended.code is ExitCode.EMPTY
    assert ended.out.count("which it did not before") == 12
    assert _diff(cli, "--fail-on", "worse", "--allow-empty").code is ExitCode.OK
    assert model.systems == []


def test_a_prompt_whose_cases_are_all_skipped_is_no_yes_beside_one_that_was_judged(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("prompts/other.prompt.md", PROMPT)
    cli.write("evals/other.yaml", SUITE.replace("pm.prompt.md", "other.prompt.md"))
    _commit(cli)
    cli.write("prompts/pm.prompt.md", COSMETIC)
    cli.write("prompts/other.prompt.md", UNGUARDED)
    skipped = "\n".join([f"{HEAD}cases:", *map(_skipping, [*ON, *OFF]), ""])
    cli.write("evals/other.yaml", skipped.replace("pm.prompt.md", "other.prompt.md"))

    found = _told(cli, "--fail-on", "worse")

    assert found["exitCode"] == ExitCode.EMPTY
    [problem] = found["evaluation"]["problems"]
    assert problem["rule"] == "nothing-judged"
    assert problem["place"]["path"] == "prompts/other.prompt.md"
    assert _told(cli, "--fail-on", "worse", "--allow-empty")["exitCode"] == ExitCode.OK


def test_cases_that_gate_nothing_are_no_yes(cli: Cli, model: GuardedModel) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    apart = [case.replace("{id", "{xfail: known, id") for case in OFF]
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *apart, ""]).replace("can't", "won't"))
    found = _told(cli, "--fail-on", "worse")
    assert found["prompts"][0]["evaluated"]["models"][0]["setAside"] == 6
    assert found["exitCode"] == ExitCode.EMPTY
    assert [each["rule"] for each in found["evaluation"]["problems"]] == ["nothing-judged"]
    assert _told(cli, "--fail-on", "worse", "--allow-empty")["exitCode"] == ExitCode.OK


@pytest.mark.parametrize("args", [(), ("--fail-on", "worse"), ("--allow-empty",)])
def test_a_suite_that_lets_all_its_cases_error_is_no_yes(
    cli: Cli, model: GuardedModel, args: tuple[str, ...]
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    cli.write("evals/pm.yaml", SUITE.replace("cases:", "gate: {maxErrored: 100}\ncases:"))
    model.status, model.fails_on = 400, "Decline"  # The earlier version only.
    found = _told(cli, *args)
    assert found["exitCode"] == found["evaluation"]["exitCode"] == ExitCode.UNREACHABLE
    assert "no verdict is no pass" in found["evaluation"]["problems"][-1]["message"]


def test_a_suite_of_too_few_cases_says_that_it_can_show_nothing(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *OFF[:4], ""]))
    out = _diff(cli).out
    assert "nothing can be shown on openai/gpt-4o-mini: 4 broken" in out
    assert "this suite cannot show anything: 4 cases were judged, and 5 have to break" in out
    assert "a difference is not shown" not in out
    cli.write("evals/pm.yaml", "\n".join([f"{HEAD}cases:", *ON[:5], ""]))
    out = _diff(cli).out
    assert "a difference is not shown on openai/gpt-4o-mini" in out
    assert "cannot show anything" not in out


def test_a_recording_that_fits_any_prompt_compares_nothing(cli: Cli, model: GuardedModel) -> None:
    cli.write("evals/a.jsonl", '{"caseId": "on-0", "text": "User story"}\n')
    cli.write("evals/pm.yaml", SUITE.replace("cases:", "models: [replay/a.jsonl]\ncases:"))
    cli.write("prompts/pm.prompt.md", UNGUARDED)
    ended = _diff(cli)
    assert ended.code is ExitCode.EMPTY
    assert "replay/a.jsonl answers without the prompt" in ended.out


def test_each_version_is_asked_of_its_own_model_and_only_of_those_that_were_typed(
    cli: Cli, model: GuardedModel
) -> None:
    cli.write("prompts/pm.prompt.md", COSMETIC.replace("gpt-4o-mini", "gpt-4o"))
    [compared] = _told(cli)["prompts"][0]["evaluated"]["models"]
    assert (compared["before"], compared["after"]) == ("openai/gpt-4o-mini", "openai/gpt-4o")
    assert compared["usd"]["low"] > 0
    named = "models: [openai/gpt-4o, openai/gpt-4o-mini]\ncases:"
    cli.write("evals/pm.yaml", SUITE.replace("cases:", named))
    told = _told(cli, "--model", "*-mini")["prompts"][0]["evaluated"]["models"]
    assert [(each["before"], each["after"]) for each in told] == [("openai/gpt-4o-mini",) * 2]
    ended = _diff(cli, "--model", "nobody")
    assert ended.code is ExitCode.EMPTY
    assert "nothing matches model 'nobody'" in ended.err


@pytest.mark.parametrize(
    "args", [("--budget", "1"), ("--replay",), ("--repeat", "2"), ("--fail-on", "worse")]
)
def test_what_means_nothing_without_an_evaluation_is_refused(
    cli: Cli, args: tuple[str, ...]
) -> None:
    ended = cli.run("prompt", "diff", "HEAD", *args)
    assert ended.code is ExitCode.USAGE
    assert "--eval" in ended.err
