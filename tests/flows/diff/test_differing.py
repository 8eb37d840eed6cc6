"""Which prompts differ, in repositories of every kind, and what is said of those in the way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agentops_cli.errors import EmptyError, StoreError, UsageError
from tests.flows.diff.repos import (
    BYE,
    HELLO,
    OTHER,
    A,
    B,
    commit,
    git,
    new_repo,
    run,
    told,
    ways,
    write,
)

C = "prompts/c.prompt.md"
D = "prompts/deep/d.prompt.md"


def named(text: str, name: str) -> str:
    return text.replace("model:", f"name: {name}\nmodel:", 1)


class TestWhatHappenedToAFile:
    def test_is_added_changed_deleted_or_nothing(self, repo: Path) -> None:
        commit(repo, {B: OTHER, C: OTHER.replace("ticket", "mail")})
        git(repo, "rm", "--quiet", C)
        commit(repo, {A: BYE, D: "---\nmodel: x\nversion: 9.0.0\n---\nTranslate.\n"})
        report = run(repo, "HEAD~1", "HEAD")
        assert told(report) == [("added", D), ("changed", A), ("deleted", C)]
        assert report.looked_at == 4
        assert run(repo, "HEAD").prompts == ()

    def test_of_a_file_that_is_no_prompt_is_nothing(self, repo: Path) -> None:
        commit(repo, {"notes.md": "x", "src/x.prompt.md": HELLO, "prompts/README.prompt.txt": "x"})
        assert told(run(repo, "HEAD~1", "HEAD")) == []

    def test_counts_only_if_its_content_differs(self, repo: Path) -> None:
        os.utime(repo / A, (1, 1))
        assert told(run(repo, "HEAD")) == []
        write(repo, A, HELLO.replace("\n", "\r\n"))
        report = run(repo, "HEAD")
        assert all(not each.changes for each in report.prompts)
        write(repo, A, "\ufeff" + HELLO)
        [note] = run(repo, "HEAD").notes
        assert note == f"{A}: all that differs is its line ends, or a byte-order mark"
        write(repo, A, HELLO)
        (repo / A).chmod(0o755)
        report = run(repo, "HEAD")
        assert (report.prompts, report.notes, report.looked_at) == ((), (), 1)


class TestRenames:
    def test_are_found_by_git(self, repo: Path) -> None:
        git(repo, "mv", A, B)
        assert ways(run(repo, "HEAD")) == [(A, B)]
        git(repo, "commit", "--quiet", "--message=x")
        assert ways(run(repo, "HEAD~1", "HEAD")) == [(A, B)]

    @pytest.mark.parametrize("is_committed", [False, True])
    def test_edited_since_are_read_from_the_disk(self, repo: Path, is_committed: bool) -> None:
        git(repo, "mv", A, B)
        if is_committed:
            git(repo, "commit", "--quiet", "--message=x")
        write(repo, B, HELLO.replace("Be brief", "Be very brief"))
        report = run(repo, "HEAD~1" if is_committed else "HEAD")
        assert ways(report) == [(A, B)]
        assert report.prompts[0].changes

    def test_that_git_was_not_told_of_are_found_too(self, repo: Path) -> None:
        (repo / A).rename(repo / B)
        assert ways(run(repo, "HEAD")) == [(A, B)]

    def test_go_by_the_name_that_a_prompt_gives_itself(self, repo: Path) -> None:
        commit(repo, {A: named(HELLO, "greeter")})
        git(repo, "rm", "--quiet", A)
        commit(repo, {B: named(OTHER, "greeter"), C: HELLO})
        assert ways(run(repo, "HEAD~1", "HEAD")) == [(A, B), (None, C)]

    def test_follow_a_name_to_a_file_that_was_there_for_another(self, repo: Path) -> None:
        one, two = named(HELLO, "one"), named(OTHER, "two")
        commit(repo, {A: one, B: two})
        commit(repo, {A: named(OTHER, "two"), B: named(HELLO, "one")})
        assert ways(run(repo, "HEAD~1", "HEAD")) == [(A, B), (B, A)]

    def test_are_none_where_only_the_frontmatter_is_alike(self, repo: Path) -> None:
        head = "---\nversion: 1.0.0\nmodel: openai/gpt-4o-mini\n" + "".join(
            f"x-{letter}: the same in every prompt of ours\n" for letter in "abcdefgh"
        )
        commit(repo, {A: head + "---\nGreet.\n"})
        git(repo, "rm", "--quiet", A)
        commit(repo, {B: head + "---\nSort tickets.\n"})
        assert ways(run(repo, "HEAD~1", "HEAD")) == [(A, None), (None, B)]

    def test_are_no_copies(self, repo: Path) -> None:
        commit(repo, {A: HELLO + "More.\n", B: HELLO})
        assert ways(run(repo, "HEAD~1", "HEAD")) == [(A, A), (None, B)]

    def test_into_and_out_of_the_configured_folder_count(self, repo: Path) -> None:
        (repo / "old").mkdir()
        git(repo, "mv", A, "old/a.prompt.md")
        git(repo, "commit", "--quiet", "--message=x")
        report = run(repo, "HEAD~1", "HEAD")
        assert ways(report) == [(A, "old/a.prompt.md")]
        assert report.notes == ("the configuration does not name old/a.prompt.md",)
        assert ways(run(repo, "HEAD", "HEAD~1")) == [("old/a.prompt.md", A)]


class TestPaths:
    @pytest.fixture
    def both(self, repo: Path) -> Path:
        """Changes in prompts, in what follows a convention, and in notes."""
        commit(repo, {B: OTHER, "SKILL.md": "Do it.\n", "notes.txt": "x\n", "lib/x.mdc": "a\n"})
        git(repo, "rm", "--quiet", B)
        commit(repo, {A: BYE, "SKILL.md": "Do not.\n", "notes.txt": "y\n", "lib/x.mdc": "b\n"})
        return repo

    @pytest.mark.parametrize(
        ("paths", "found"),
        [
            ((), [A, B]),
            (("prompts",), [A, B]),
            (("prompts/",), [A, B]),
            ((A,), [A]),
            (("prompts/b*",), [B]),
            ((".",), ["SKILL.md", "lib/x.mdc", A, B]),
            (("notes.txt",), ["notes.txt"]),
            (("lib", A), ["lib/x.mdc", A]),
            (("lib/../prompts/a.prompt.md",), [A]),
        ],
    )
    def test_limit_what_is_compared(
        self, both: Path, paths: tuple[str, ...], found: list[str]
    ) -> None:
        report = run(both, "HEAD~1", paths=paths)
        assert sorted(path for _, path in told(report)) == found
        assert report.looked_at == len(found)

    def test_are_as_typed_in_a_folder(self, both: Path) -> None:
        report = run(both, "HEAD~1", paths=("../prompts",), cwd=both / "lib")
        assert [path for _, path in told(report)] == [A, B]

    def test_that_mean_nothing_are_an_error_unless_that_is_allowed(self, both: Path) -> None:
        for path in ("nowhere", "prompts/z*", "notes.tx"):
            with pytest.raises(EmptyError, match="no prompt matches"):
                run(both, "HEAD~1", paths=(A, path))
        assert told(run(both, "HEAD~1", paths=("nowhere",), allow_empty=True)) == []

    def test_outside_of_the_repository_are_refused(self, both: Path) -> None:
        for path in ("../x", "..", "/etc/passwd"):
            with pytest.raises(UsageError, match="outside of the repository"):
                run(both, "HEAD~1", paths=(path,))

    def test_with_marks_and_odd_names_are_taken_as_they_are(self, repo: Path) -> None:
        odd = "prompts/a b\t\"'[x]é\n.prompt.md"
        commit(repo, {odd: HELLO, "prompts/x.prompt.md": HELLO})
        commit(repo, {odd: BYE, "prompts/x.prompt.md": BYE})
        write(repo, "prompts/nöt yet\n.prompt.md", OTHER)
        report = run(repo, "HEAD~1", paths=(odd,))
        assert told(report) == [("changed", odd)]
        assert ("added", "prompts/nöt yet\n.prompt.md") in told(run(repo, "HEAD~1"))


class TestTheConfiguration:
    def test_of_either_side_names_prompts(self, repo: Path) -> None:
        commit(repo, {"texts/x.md": HELLO, "agentops.yaml": "prompts: ['texts/*.md']\n"})
        git(repo, "rm", "--quiet", "texts/x.md", A)
        commit(repo, {B: OTHER, "agentops.yaml": "{}\n"})
        assert ways(run(repo, "HEAD~1")) == [(A, None), ("texts/x.md", None), (None, B)]

    def test_in_pyproject_counts_too_and_a_broken_one_names_nothing(self, repo: Path) -> None:
        git(repo, "rm", "--quiet", "agentops.yaml")
        table = "[tool.agentops]\nprompts = ['texts/*.md']\n"
        commit(repo, {"texts/x.md": HELLO, "pyproject.toml": table})
        commit(repo, {"texts/x.md": BYE, "pyproject.toml": "", "agentops.yaml": "{}"})
        assert told(run(repo, "HEAD~1", "HEAD")) == [("changed", "texts/x.md")]
        commit(repo, {"agentops.yaml": "prompts: [}"})
        commit(repo, {"agentops.yaml": "{}", A: BYE})
        assert told(run(repo, "HEAD~1", "HEAD")) == [("changed", A)]

    def test_that_names_nothing_at_all_is_no_diff_without_changes(self, repo: Path) -> None:
        write(repo, "agentops.yaml", "prompts: ['prompts/*.prompt.md', 'promts/*.md']\n")
        with pytest.raises(EmptyError, match=r"'promts/\*\.md', which the configuration names"):
            run(repo, "HEAD")
        first = git(repo, "rev-parse", "HEAD")
        commit(repo, {A: BYE})
        with pytest.raises(EmptyError):
            run(repo, first)
        report = run(repo, first, "HEAD")
        assert told(report) == [("changed", A)]
        assert report.notes == ("no prompt matches 'promts/*.md'",)


class TestAPromptThatCannotBeRead:
    BROKEN = HELLO.replace("model: openai/gpt-4o-mini", "model: [openai")

    def test_on_one_side_is_a_problem_and_what_can_be_shown_is(self, repo: Path) -> None:
        commit(repo, {A: self.BROKEN})
        report = run(repo, "HEAD~1")
        assert told(report) == [("changed", A)]
        [problem] = report.problems
        assert (problem.rule, str(problem.location)) == ("bad-yaml", f"{A}:3:8")
        assert not problem.message.startswith("at ")
        write(repo, A, BYE)
        [problem] = run(repo, "HEAD").problems
        assert problem.message.startswith("at HEAD: the value of 'model'")
        assert problem.fix

    @pytest.mark.parametrize(
        ("content", "rule"),
        [
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "encoding"),
            ("---\nversion: 1.0.0\n".encode("utf-16"), "encoding"),
            (b"---\nversion: 1.0.0\n---\n" + b"x" * (1 << 20), "unreadable"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "unreadable"),
        ],
        ids=["binary", "utf-16", "too large", "lfs"],
    )
    def test_at_all_is_never_compared_as_if_it_said_nothing(
        self, repo: Path, content: bytes, rule: str
    ) -> None:
        commit(repo, {A: content})
        for refs in (("HEAD~1",), ("HEAD~1", "HEAD"), ("HEAD", "HEAD~1")):
            report = run(repo, *refs)
            assert told(report) == []
            assert [
                (each.rule, each.location and each.location.path) for each in report.problems
            ] == [(rule, A)]

    def test_because_it_is_binary_says_so(self, repo: Path) -> None:
        commit(repo, {A: b"\x89PNG\x00"})
        [problem] = run(repo, "HEAD~1", "HEAD").problems
        assert problem.message == "at HEAD: it is a binary file, which has no text to compare"
        assert "leave it out" in str(problem.fix)

    def test_for_some_bytes_is_shown_with_the_rest(self, repo: Path) -> None:
        write(repo, A, BYE.encode() + b"caf\xe9\n")
        report = run(repo, "HEAD")
        assert told(report) == [("changed", A)]
        assert [each.rule for each in report.problems] == ["encoding"]

    def test_is_none_where_such_frontmatter_is_the_custom(self, repo: Path) -> None:
        rule = "---\nglobs: **/*\n---\nDo it.\n"
        commit(repo, {".cursor/rules/x.mdc": rule})
        write(repo, ".cursor/rules/x.mdc", rule.replace("Do", "Try"))
        report = run(repo, "HEAD", paths=(".cursor",))
        assert (told(report), report.problems) == ([("changed", ".cursor/rules/x.mdc")], ())

    def test_on_the_disk_is_said(self, repo: Path) -> None:
        (repo / A).unlink()
        os.mkfifo(repo / "prompts" / "pipe.prompt.md")
        (repo / A).mkdir()
        report = run(repo, "HEAD")
        assert told(report) == [("deleted", A)]


class TestAMergeThatIsNotDone:
    @pytest.fixture
    def torn(self, repo: Path) -> Path:
        """A repository in the middle of a rebase, with a conflict in a."""
        commit(repo, {B: OTHER})
        git(repo, "switch", "--quiet", "--create", "work")
        commit(repo, {A: BYE})
        git(repo, "switch", "--quiet", "main")
        commit(repo, {A: BYE.replace("good bye", "see you"), B: OTHER + "More.\n"})
        git(repo, "switch", "--quiet", "work")
        with pytest.raises(subprocess.CalledProcessError):
            git(repo, "rebase", "main")
        return repo

    @pytest.mark.parametrize("options", [{}, {"staged": True}])
    def test_is_a_problem_of_its_files_and_of_no_other(
        self, torn: Path, options: dict[str, object]
    ) -> None:
        write(torn, B, OTHER + "Even more.\n")
        git(torn, "add", B)
        report = run(torn, "HEAD", **options)
        assert told(report) == [("changed", B)]
        assert [(each.rule, str(each.location)) for each in report.problems] == [("conflict", A)]

    def test_does_not_disturb_a_diff_of_commits(self, torn: Path) -> None:
        report = run(torn, "main", "work")
        assert (told(report), report.problems) == ([("changed", A), ("changed", B)], ())
        assert run(torn).before.name == "the merge base with main"


class TestOtherRepositories:
    def test_a_worktree_is_one_of_its_own(self, repo: Path, tmp_path: Path) -> None:
        git(repo, "worktree", "add", "--quiet", "-b", "work", str(tmp_path / "tree"))
        commit(tmp_path / "tree", {A: BYE})
        assert told(run(tmp_path / "tree")) == [("changed", A)]
        assert told(run(repo)) == []
        assert told(run(repo, "main...work")) == [("changed", A)]

    def test_with_longer_hashes_is_no_other(self, tmp_path: Path) -> None:
        folder = new_repo(tmp_path / "sha256", "--object-format=sha256")
        first = commit(folder, {A: HELLO})
        commit(folder, {A: BYE, B: OTHER})
        assert len(first) == 64
        assert told(run(folder, first[:8], "main")) == [("added", B), ("changed", A)]
        write(folder, B, OTHER + "More.\n")
        assert told(run(folder, "HEAD")) == [("changed", B)]
        git(folder, "switch", "--quiet", "--create", "work")
        assert told(run(folder)) == [("changed", B)]

    def test_a_submodule_is_compared_from_within(self, repo: Path, tmp_path: Path) -> None:
        inner = new_repo(tmp_path / "inner")
        first = commit(inner, {"x.prompt.md": HELLO})
        allow = ("-c", "protocol.file.allow=always")
        git(repo, *allow, "submodule", "--quiet", "add", str(inner), "prompts/theirs")
        commit(repo, {})
        second = commit(inner, {"x.prompt.md": BYE})
        sub = repo / "prompts" / "theirs"
        git(sub, "pull", "--quiet")
        [problem] = run(repo, "HEAD").problems
        assert (problem.rule, str(problem.location)) == ("submodule", "prompts/theirs")
        assert problem.fix == f"in prompts/theirs: agentops prompt diff {first[:12]}"
        git(sub, "reset", "--quiet", "--hard", first)
        assert run(repo, "HEAD").problems == ()
        write(sub, "x.prompt.md", BYE)
        assert [each.rule for each in run(repo, "HEAD").problems] == ["submodule"]
        git(sub, "checkout", "--quiet", ".")
        git(sub, "pull", "--quiet")
        commit(repo, {A: BYE})
        report = run(repo, "HEAD~1", "HEAD")
        assert told(report) == [("changed", A)]
        [problem] = report.problems
        assert problem.fix == f"in prompts/theirs: agentops prompt diff {first[:12]} {second[:12]}"
        assert run(repo, "HEAD~1", "HEAD", paths=(A,)).problems == ()
        assert told(run(sub, first, paths=(".",))) == [("changed", "x.prompt.md")]

    def test_a_link_is_what_it_leads_to(self, repo: Path) -> None:
        commit(repo, {"shared/x.md": HELLO})
        (repo / B).symlink_to("../shared/x.md")
        commit(repo, {})
        commit(repo, {"shared/x.md": BYE, A: BYE})
        report = run(repo, "HEAD~1", "HEAD")
        assert told(report) == [("changed", A), ("changed", B)]
        assert report.prompts[1].versioning.after == "1.1.0"
        assert told(run(repo, "HEAD~1")) == told(report)
        report = run(repo, "HEAD~2", "HEAD~1")
        assert told(report) == [("added", B)]
        assert report.prompts[0].versioning.after == "1.0.0"
        (repo / B).unlink()
        (repo / B).symlink_to("../nowhere")
        commit(repo, {})
        assert [each.rule for each in run(repo, "HEAD~1", "HEAD").problems] == ["unreadable"]
        assert [each.rule for each in run(repo, "HEAD~1").problems] == ["unreadable"]

    @pytest.mark.parametrize("is_staged", [False, True])
    @pytest.mark.parametrize(
        "target", ["../.git/config", "../../secret", "/etc/passwd", "../inner/.git/config"]
    )
    def test_a_link_out_of_the_repository_or_to_what_git_keeps_is_not_followed(
        self, repo: Path, target: str, is_staged: bool
    ) -> None:
        (repo.parent / "secret").write_text("a secret")
        new_repo(repo / "inner")
        (repo / B).symlink_to(target)
        if is_staged:
            git(repo, "add", B)
        report = run(repo, "HEAD")
        assert report.prompts == ()
        assert [each.rule for each in report.problems] == ["unreadable"]

    def test_a_partial_clone_fetches_what_it_lacks_and_says_where_it_cannot(
        self, repo: Path, tmp_path: Path
    ) -> None:
        commit(repo, {A: BYE, B: OTHER})
        git(repo, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo}", "part")
        part = tmp_path / "part"
        shutil.move(repo, tmp_path / "away")
        with pytest.raises(StoreError) as caught:
            run(part, "HEAD~1", "HEAD")
        assert "HEAD~1" in caught.value.message
        shutil.move(tmp_path / "away", repo)
        assert told(run(part, "HEAD~1", "HEAD")) == [("added", B), ("changed", A)]

    def test_a_partial_clone_fetches_all_at_once(
        self, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paths = [f"prompts/{number}.prompt.md" for number in range(8)]
        commit(repo, {path: HELLO + path for path in paths})
        commit(repo, {path: BYE + path for path in paths})
        commit(repo, {path: OTHER + path for path in paths})
        git(repo, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo}", "part")
        monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
        assert len(run(tmp_path / "part", "HEAD~2", "HEAD~1").prompts) == len(paths)
        calls = (tmp_path / "trace").read_text().splitlines()
        assert sum("built-in: git fetch " in call for call in calls) <= 2

    def test_a_lost_blob_is_no_change(self, repo: Path) -> None:
        commit(repo, {A: BYE})
        name = git(repo, "rev-parse", f"HEAD:{A}")
        (repo / ".git" / "objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(StoreError, match=f"the content of {A} at HEAD"):
            run(repo, "HEAD~1", "HEAD")

    def test_settings_of_the_user_change_nothing(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for key, value in (
            ("diff.renames", "false"),
            ("diff.external", "false"),
            ("diff.noprefix", "true"),
            ("diff.relative", "true"),
            ("diff.ignoreSubmodules", "all"),
            ("color.ui", "always"),
            ("core.pager", "false"),
            ("core.quotePath", "true"),
            ("status.showUntrackedFiles", "no"),
            ("core.abbrev", "4"),
        ):
            git(repo, "config", key, value)
        monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
        git(repo, "mv", A, B)
        write(repo, "prompts/né.prompt.md", OTHER)
        assert ways(run(repo, "HEAD")) == [(A, B), (None, "prompts/né.prompt.md")]

    def test_an_untracked_file_that_git_ignores_is_no_prompt(self, repo: Path) -> None:
        write(repo, ".gitignore", "b.*\n")
        write(repo, B, OTHER)
        report = run(repo, "HEAD")
        assert (told(report), report.looked_at) == ([], 1)
