"""`agentops prompt lint` as a user meets it: options, exit codes, files."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import agentops_cli
from agentops_cli.errors import ExitCode
from agentops_cli.rules.frontmatter import missing_frontmatter
from tests.cli.running import Cli, Ended

GOOD = """
---
version: 1.0.0
model: openai/gpt-4o-mini-2024-07-18
temperature: 0
author: ada@example.org
requires_review: true
description: Says hello to whoever comes along.
max_tokens: 100
---
Say hello.
"""
BAD = "Say hello.\n"
FEW = ("--select", "PF001,PF010,PF012,PX")
"""Rules that are about the file alone, so that what others say changes no test."""


@pytest.fixture(autouse=True)
def _clean(cli: Cli) -> None:
    (cli.folder / "echo.prompt.md").unlink()


def _lint(cli: Cli, *args: str, rules: tuple[str, ...] = FEW) -> Ended:
    return cli.run("prompt", "lint", *rules, *args)


def _codes(ended: Ended) -> list[str]:
    return [line.rpartition("[")[2][:-1] for line in ended.out.splitlines() if line.endswith("]")]


def test_a_clean_project_is_a_yes(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    ended = _lint(cli)
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert ended.err == "1 file, 8 rules: nothing found\n"


def test_a_finding_is_a_no_with_place_and_fix(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    ended = _lint(cli)
    assert ended.code is ExitCode.REJECTED
    assert ended.out.startswith("prompts/a.prompt.md:1:1  error  ")
    assert "[PF001]\n1 | Say hello.\n  | ^\n  = fix: " in ended.out
    assert ended.err.startswith("1 file, 8 rules: 1 error")


def test_exit_zero_turns_a_no_into_a_yes_and_nothing_else(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    assert _lint(cli, "--exit-zero").code is ExitCode.OK
    assert _lint(cli, "--exit-zero", "gone.md").code is ExitCode.EMPTY
    assert _lint(cli, "--exit-zero", rules=("--select", "XX")).code is ExitCode.USAGE


def test_warnings_and_notes_pass_unless_asked_otherwise(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", GOOD.replace("description: Says hello to whoever", "x-why: "))
    wanting = ("--select", "missing-description")
    assert _codes(_lint(cli, rules=wanting)) == ["PF013"]
    assert _lint(cli, rules=wanting).code is ExitCode.OK
    assert _lint(cli, "--fail-on", "warning", rules=wanting).code is ExitCode.REJECTED
    assert _lint(cli, "--max-warnings", "1", rules=wanting).code is ExitCode.OK
    assert _lint(cli, "--max-warnings", "0", rules=wanting).code is ExitCode.REJECTED
    (cli.folder / "prompts/a.prompt.md").write_bytes(GOOD.lstrip().replace("\n", "\r\n").encode())
    marked = ("--select", "bom-or-crlf")
    assert _lint(cli, "--fail-on", "warning", rules=marked).code is ExitCode.OK
    assert _lint(cli, "--max-warnings", "0", rules=marked).code is ExitCode.OK
    assert _lint(cli, "--fail-on", "info", rules=marked).code is ExitCode.REJECTED


@pytest.mark.parametrize(
    "args",
    [
        ("gone.prompt.md",),
        ("gone/*.md",),
        ("prompts/a.prompt.md", "gone.md"),
        ("empty",),
    ],
)
def test_what_was_typed_and_matches_nothing_is_no_yes(cli: Cli, args: tuple[str, ...]) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    cli.write("empty/a.txt", "x")
    assert _lint(cli, *args).code is ExitCode.EMPTY
    assert _lint(cli, *args, "--allow-empty").code is ExitCode.OK


def test_a_configured_pattern_that_matches_nothing_is_no_yes(cli: Cli) -> None:
    assert _lint(cli).code is ExitCode.EMPTY
    cli.write("agentops.yaml", "prompts: ['prompts/*.md', 'promts/*.md']\n")
    cli.write("prompts/a.prompt.md", GOOD)
    ended = _lint(cli)
    assert ended.code is ExitCode.EMPTY
    assert "'promts/*.md', which the configuration names" in ended.err


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (("--select", "PF001", "--ignore", "PF001"), ExitCode.EMPTY),
        (("--ignore", "P"), ExitCode.EMPTY),
        (("--select", "PX001"), ExitCode.EMPTY),
        (("--select", "PX005,PX001"), ExitCode.EMPTY),
        (("--select", "ps001"), ExitCode.USAGE),
        (("--ignore", "missing-frontmater"), ExitCode.USAGE),
        (("--extend-select", "PF9"), ExitCode.USAGE),
        (("--select", "PF001,,PF002"), ExitCode.USAGE),
        (("--select", ""), ExitCode.USAGE),
        (("--profile", "loud"), ExitCode.USAGE),
        (("--tier", "high"), ExitCode.USAGE),
        (("--max-warnings", "-1"), ExitCode.USAGE),
        (("--unsafe-fixes",), ExitCode.USAGE),
        (("--diff", "--format", "json"), ExitCode.USAGE),
        (("--diff", "--output-file", "found.txt"), ExitCode.USAGE),
        (("--diff", "--statistics"), ExitCode.USAGE),
        (("--write-baseline",), ExitCode.USAGE),
        (("--write-baseline", "--baseline", "b.json", "--fix"), ExitCode.USAGE),
        (("-",), ExitCode.USAGE),
        (("--stdin-filename", "a.md", "b.md"), ExitCode.USAGE),
    ],
)
def test_a_choice_that_means_nothing_is_refused(
    cli: Cli, rules: tuple[str, ...], code: ExitCode
) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    ended = _lint(cli, rules=rules)
    assert (ended.code, ended.out) == (code, "")


def test_a_rule_that_is_misspelt_says_which_was_meant(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    assert "did you mean 'missing-frontmatter'?" in _lint(cli, "--ignore", "missing-frontmater").err
    cli.write("agentops.yaml", "lint:\n  perFileIgnores: {'a.b/**': [PF01x]}\n")
    ended = _lint(cli)
    assert ended.code is ExitCode.INPUT
    assert "agentops.yaml:2" in ended.err
    assert "PF01x" in ended.err


def test_the_command_line_comes_after_the_configuration(cli: Cli) -> None:
    cli.write("agentops.yaml", "lint: {select: [PF010], ignore: [PF001]}\n")
    cli.write("prompts/a.prompt.md", BAD)
    assert _codes(_lint(cli, rules=())) == []
    assert _codes(_lint(cli, rules=("--extend-select", "PF001"))) == ["PF001"]
    assert _codes(_lint(cli, rules=("--select", "PF001"))) == ["PF001"]


def test_findings_of_some_files_are_left_alone_as_configured(cli: Cli) -> None:
    cli.write("agentops.yaml", "lint: {perFileIgnores: {'prompts/old/**': [PF001]}}\n")
    cli.write("prompts/a.prompt.md", BAD)
    cli.write("prompts/old/b.prompt.md", BAD)
    ended = _lint(cli)
    assert ended.out.count("[PF001]") == 1
    assert ended.out.startswith("prompts/a.prompt.md")
    assert "1 left alone" in ended.err


def test_a_comment_leaves_a_finding_alone_and_it_is_counted(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", "<!-- agentops: ignore-file[PF001] a test -->\nSay hello.\n")
    ended = _lint(cli)
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert "1 left alone" in ended.err


def test_a_baseline_lets_pass_what_it_knows(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    known = ("--baseline", "known.json")
    assert _lint(cli, *known).code is ExitCode.INPUT
    assert _lint(cli, *known, "--write-baseline").code is ExitCode.OK
    first = (cli.folder / "known.json").read_bytes()
    ended = _lint(cli, *known)
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert "1 in the baseline" in ended.err
    cli.write("prompts/b.prompt.md", BAD)
    assert _lint(cli, *known).out.startswith("prompts/b.prompt.md:1:1")
    (cli.folder / "prompts/b.prompt.md").unlink()
    _lint(cli, *known, "--write-baseline")
    assert (cli.folder / "known.json").read_bytes() == first
    cli.write("prompts/a.prompt.md", GOOD)
    assert _codes(_lint(cli, *known)) == ["PX005"]


def test_a_baseline_of_the_configuration_is_relative_to_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("agentops.yaml", "lint: {baseline: known.json}\n")
    cli.write("prompts/a.prompt.md", BAD)
    monkeypatch.chdir(cli.folder / "prompts")
    assert _lint(cli).code is ExitCode.INPUT
    assert _lint(cli, "--write-baseline").code is ExitCode.OK
    assert (cli.folder / "known.json").exists()
    assert _lint(cli).code is ExitCode.OK


def test_writing_what_some_files_have_keeps_what_is_known_of_others(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    cli.write("prompts/b.prompt.md", BAD)
    known = ("--baseline", "known.json")
    _lint(cli, *known, "--write-baseline")
    before = cli.json("known.json")
    _lint(cli, *known, "--write-baseline", "prompts/a.prompt.md")
    assert cli.json("known.json") == before


UNUSED = GOOD.replace("Say hello", "{# agentops: ignore[PF001] #}Say hello")


def test_a_fix_is_written_and_counted(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", UNUSED)
    ended = _lint(cli, "--fix")
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert "1 mended" in ended.err
    assert (cli.folder / "prompts/a.prompt.md").read_text() == GOOD.lstrip("\n")
    assert "mended" not in _lint(cli, "--fix").err


KEY = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
ARMOUR = "PRIVATE " + "KEY-----"
SECRETS = {
    "a key in a sentence": (f"Use {KEY}.\n", KEY),
    "a key of many lines": (
        f"-----BEGIN {ARMOUR}\n" + "MIIEvQIBADANBgkqhkiG \n" * 9 + f"-----END {ARMOUR}\n",
        "MIIEvQIBADANBgkqhkiG",
    ),
    "a key as a name": (GOOD.replace("description", f"name: {KEY}\ndescription"), KEY),
    "a value of the environment": ("Say opensesame4711 \n", "opensesame4711"),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_not_kept_with_the_findings(
    cli: Cli, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, secret = SECRETS[case]
    monkeypatch.setenv("SHOP_API_KEY", "opensesame4711")
    cli.write("prompts/a.prompt.md", text)
    cli.write("prompts/b.prompt.md", BAD)
    first = cli.run("prompt", "lint", "--profile", "all")
    kept = (cli.folder / ".agentops/lint/lint.json").read_text()
    assert "b.prompt.md" in kept
    assert secret not in kept + first.out + first.err
    assert cli.run("prompt", "lint", "--profile", "all").out == first.out


@pytest.mark.parametrize("also", [(), ("--fix",)])
def test_a_diff_writes_nothing_and_is_a_no(cli: Cli, also: tuple[str, ...]) -> None:
    cli.write("prompts/a.prompt.md", UNUSED)
    before = (cli.folder / "prompts/a.prompt.md").read_bytes()
    ended = _lint(cli, "--diff", *also)
    assert ended.code is ExitCode.REJECTED
    assert (cli.folder / "prompts/a.prompt.md").read_bytes() == before
    assert "-{# agentops: ignore[PF001] #}Say hello.\n+Say hello.\n" in ended.out
    subprocess.run(["git", "apply", "-"], cwd=cli.folder, input=ended.out.encode(), check=True)
    assert (cli.folder / "prompts/a.prompt.md").read_text() == GOOD.lstrip("\n")


def test_a_read_only_file_is_told_and_left(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", UNUSED)
    (cli.folder / "prompts/a.prompt.md").chmod(0o444)
    ended = _lint(cli, "--fix")
    assert ended.code is ExitCode.UNREACHABLE
    assert "read-only" in ended.err


def test_a_read_only_file_keeps_no_report_from_being_written(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", UNUSED)
    cli.write("prompts/b.prompt.md", UNUSED)
    (cli.folder / "prompts/a.prompt.md").chmod(0o444)
    ended = _lint(cli, "--fix", "--output-file", "found.txt", "--format", "concise")
    assert (ended.code, ended.out) == (ExitCode.UNREACHABLE, "")
    assert "1 mended" in ended.err
    [told] = (cli.folder / "found.txt").read_text().splitlines()
    assert told.startswith("prompts/a.prompt.md:")
    assert (cli.folder / "prompts/b.prompt.md").read_text() == GOOD.lstrip("\n")


def test_a_baseline_is_not_written_where_rules_could_not_look(cli: Cli) -> None:
    cli.write("agentops.yaml", "lint: {select: [PF001, PV002]}\n")
    cli.write("prompts/a.prompt.md", BAD)
    known = ("--baseline", "known.json", "--write-baseline")
    ended = _lint(cli, *known, rules=())
    assert ended.code is ExitCode.UNREACHABLE
    assert _codes(ended) == ["PF001"]
    assert "no baseline is written: PV002 cannot run: nothing is committed yet" in ended.err
    assert not (cli.folder / "known.json").exists()
    assert _lint(cli, *known, rules=("--ignore", "PV002")).code is ExitCode.OK


@pytest.mark.parametrize("how", ["--select", "--extend-select"])
def test_a_typed_rule_that_cannot_run_is_no_yes(cli: Cli, how: str) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    ended = _lint(cli, rules=(how, "PE"))
    assert (ended.code, ended.out) == (ExitCode.UNREACHABLE, "")
    assert "PE010 cannot run: nothing is committed yet" in ended.err
    others = _lint(cli, rules=(how, "PE", "--ignore", "PE010"))
    assert others.code in {ExitCode.OK, ExitCode.REJECTED}


def test_prompts_above_the_configuration_are_refused(cli: Cli) -> None:
    cli.write("agentops.yaml", "prompts: ['../**']\n")
    ended = _lint(cli)
    assert ended.code is ExitCode.INPUT
    assert "agentops.yaml:1:11" in ended.err


def test_a_link_out_of_the_repository_is_a_finding_unless_it_is_named(
    cli: Cli, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.prompt.md"
    outside.write_text(BAD)
    cli.write("prompts/b.prompt.md", GOOD)
    (cli.folder / "prompts/a.prompt.md").symlink_to(outside)
    ended = _lint(cli)
    assert _codes(ended) == ["PX003"]
    assert "a link that leads out of the repository" in ended.out
    assert "Say hello" not in ended.out
    assert _codes(_lint(cli, "prompts/a.prompt.md")) == ["PF001"]


def test_a_closed_folder_is_a_finding(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    cli.write("prompts/closed/b.prompt.md", BAD)
    real = os.scandir

    def scandir(path: Path) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)  # Whoever is root may look into any folder.
    ended = _lint(cli)
    assert (ended.code, _codes(ended)) == (ExitCode.REJECTED, ["PX003"])
    assert ended.out.startswith("prompts/closed:1:1")


def _stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


def test_stdin_is_linted_under_a_name(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    _stdin(monkeypatch, BAD)
    ended = _lint(cli, "--stdin-filename", "prompts/a.prompt.md", "-")
    assert ended.code is ExitCode.REJECTED
    assert ended.out.startswith("prompts/a.prompt.md:1:1")
    _stdin(monkeypatch, GOOD.lstrip())
    assert _lint(cli, "--stdin-filename", "prompts/new.prompt.md").code is ExitCode.OK


def test_a_name_that_no_prompt_has_is_told_what_prompts_are_called(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    for name, is_told in (("x.txt", True), ("prompts/x.prompt.md", False), ("AGENTS.md", False)):
        _stdin(monkeypatch, "Say hello.\n")
        ended = _lint(cli, "--stdin-filename", name, rules=("--select", "PF010"))
        assert ("NAME.prompt.md" in ended.err) is is_told
        assert ("prompts/**/*.prompt.md" in ended.err) is is_told


def test_what_is_mended_on_stdin_is_given_on_stdout(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    for text in (UNUSED, GOOD):
        _stdin(monkeypatch, text.lstrip())
        ended = _lint(cli, "--stdin-filename", "prompts/a.prompt.md", "--fix")
        assert (ended.code, ended.out) == (ExitCode.OK, GOOD.lstrip())


def test_files_and_settings_are_shown_and_nothing_is_linted(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    cli.write("prompts/b.prompt.md", BAD)
    ended = _lint(cli, "--show-files")
    assert ended.out.splitlines() == ["prompts/a.prompt.md", "prompts/b.prompt.md"]
    assert ended.code is ExitCode.OK
    ended = _lint(cli, "--show-settings", "--tier", "production", rules=("--select", "PF001"))
    assert "lint.tier = production" in ended.out
    assert ended.out.splitlines()[-1] == "rules = PF001, PX003"


def test_findings_go_to_a_file_where_one_is_named(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    ended = _lint(cli, "--output-file", "reports/lint.txt", "--format", "concise")
    assert (ended.code, ended.out) == (ExitCode.REJECTED, "")
    assert (cli.folder / "reports/lint.txt").read_text().startswith("prompts/a.prompt.md:1:1")


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object) -> None:
        raise KeyError("tone")

    monkeypatch.setattr(missing_frontmatter, "check", check)


@pytest.mark.usefixtures("crashing")
def test_a_rule_that_crashes_is_our_bug_and_hides_no_other_finding(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", GOOD.replace("Says hello to whoever comes along.", '""'))
    ended = _lint(cli)
    assert ended.code is ExitCode.INTERNAL
    assert _codes(ended) == ["PF010"]
    assert "rule PF001 on prompts/a.prompt.md: KeyError: 'tone'" in ended.err


@pytest.mark.usefixtures("crashing")
def test_a_baseline_is_not_written_where_a_rule_crashed(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    ended = _lint(cli, "--baseline", "known.json", "--write-baseline")
    assert ended.code is ExitCode.INTERNAL
    assert "no baseline is written: a rule crashed" in ended.err
    assert not (cli.folder / "known.json").exists()


def test_a_file_that_cannot_be_read_is_a_finding(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    (cli.folder / "prompts" / "loop.prompt.md").symlink_to("loop.prompt.md")
    (cli.folder / "prompts" / "large.prompt.md").write_bytes(b"x" * 5_000_000)
    ended = _lint(cli)
    assert ended.code is ExitCode.REJECTED
    assert _codes(ended) == ["PX003", "PX003"]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (("--select", "PF010"), ["PX003"]),
        (("--select", "PF010", "--ignore", "PX003"), []),
        (("--select", "PF010", "--ignore", "PX"), []),
    ],
)
def test_what_no_rule_could_look_at_is_told_of_with_any_rule(
    cli: Cli, rules: tuple[str, ...], found: list[str]
) -> None:
    (cli.folder / "prompts").mkdir()
    (cli.folder / "prompts/loop.prompt.md").symlink_to("loop.prompt.md")
    assert _codes(_lint(cli, rules=rules)) == found


def test_a_path_with_a_line_break_is_one_line(cli: Cli) -> None:
    cli.write("prompts/a\nb.prompt.md", BAD)
    ended = _lint(cli, "--format", "concise")
    assert len(ended.out.splitlines()) == 1


def test_an_unchanged_file_is_known_and_a_changed_one_looked_at(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    first = _lint(cli)
    assert _lint(cli) == first
    cli.write("prompts/a.prompt.md", GOOD)
    assert _lint(cli).out == ""


@pytest.mark.usefixtures("cli")
def test_nothing_is_parsed_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentops_cli.prompt import formats

    cli.write("prompts/a.prompt.md", BAD)
    first = _lint(cli)

    def read(*_: object, **__: object) -> None:
        raise AssertionError("the file was parsed")

    monkeypatch.setattr(formats, "read_bytes", read)
    assert _lint(cli) == first
    with pytest.raises(AssertionError):
        assert _lint(cli, "--no-cache").code is not ExitCode.INTERNAL


def test_other_rules_and_settings_look_anew(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    assert _codes(_lint(cli, rules=("--select", "PF010"))) == []
    assert _codes(_lint(cli, rules=("--select", "PF001"))) == ["PF001"]


def test_what_an_older_package_found_is_looked_for_anew(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = tmp_path_factory.mktemp("package")
    for name in ("__init__.py", "flows/lint/suites.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x = 1\n")
    monkeypatch.setattr(agentops_cli, "__file__", str(package / "__init__.py"))
    cli.write("prompts/a.prompt.md", BAD)
    _lint(cli)
    kept = cli.json(".agentops/lint/lint.json")
    _lint(cli)
    assert cli.json(".agentops/lint/lint.json") == kept
    (package / "flows/lint/suites.py").write_text("x = 22\n")
    _lint(cli)
    assert cli.json(".agentops/lint/lint.json")["key"] != kept["key"]


@pytest.mark.parametrize("text", ["", "{", "[]", "\0", '{"key": 1, "files": 2}'])
def test_a_damaged_cache_is_made_anew(cli: Cli, text: str) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    first = _lint(cli)
    cache = cli.folder / ".agentops/lint/lint.json"
    cache.write_text(text, encoding="utf-8")
    assert _lint(cli) == first
    assert json.loads(cache.read_text())["files"]


def test_a_cache_that_is_committed_is_not_believed(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    first = _lint(cli)
    cache = cli.folder / ".agentops/lint/lint.json"
    forged = json.loads(cache.read_text())
    for entry in forged["files"].values():
        for stage in entry[3].values():
            stage[1] = []
    cache.write_text(json.dumps(forged))
    assert _lint(cli).out == ""  # So it would be if it were believed.
    for args in (("init", "-q"), ("add", "-f", ".agentops/lint/lint.json")):
        subprocess.run(["git", *args], cwd=cli.folder, check=True)
    assert _lint(cli) == first


def test_a_folder_where_nothing_can_be_kept_is_linted_all_the_same(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    (cli.folder / ".agentops").write_text("a file", encoding="utf-8")
    assert _lint(cli).code is ExitCode.REJECTED


def test_nothing_is_kept_where_nobody_wants_it(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    _lint(cli, "--no-cache")
    assert not (cli.folder / ".agentops").exists()


def test_two_runs_at_once_leave_a_cache_that_is_whole(cli: Cli) -> None:
    for number in range(30):
        cli.write(f"prompts/{number}.prompt.md", BAD)
    command = [sys.executable, "-m", "agentops_cli", "prompt", "lint", *FEW]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    runs = [
        subprocess.Popen(command, cwd=cli.folder, env=environ, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    outputs = {run.communicate()[0] for run in runs}
    assert len(outputs) == 1
    assert len(cli.json(".agentops/lint/lint.json")["files"]) == 30
