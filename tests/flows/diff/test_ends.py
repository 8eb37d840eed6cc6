"""Which two states are compared, and what is said where git cannot tell."""

import re
from pathlib import Path

import pytest

from agentops_cli.errors import AgentopsError, EmptyError, ExitCode, StoreError, UsageError
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
    write,
)

CHANGED_A = [("changed", A)]


def branched(repo: Path) -> None:
    """A branch `work` that changed a, while main went on and changed b."""
    commit(repo, {B: OTHER})
    git(repo, "switch", "--quiet", "--create", "work")
    commit(repo, {A: BYE})
    git(repo, "switch", "--quiet", "main")
    commit(repo, {B: OTHER.replace("ticket", "mail")})
    git(repo, "switch", "--quiet", "work")


def test_without_refs_it_is_what_the_branch_changed_committed_or_not(repo: Path) -> None:
    branched(repo)
    assert told(run(repo)) == CHANGED_A
    write(repo, A, HELLO)
    assert told(run(repo)) == []
    write(repo, "prompts/new.prompt.md", OTHER)
    report = run(repo)
    assert told(report) == [("added", "prompts/new.prompt.md")]
    assert report.before.name == "the merge base with main"
    assert report.before.commit == git(repo, "merge-base", "main", "HEAD")
    assert (report.after.name, report.after.commit) == ("the working tree", None)


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        (("main",), ["a", "b"]),
        (("main", "work"), ["a", "b"]),
        (("main..work",), ["a", "b"]),
        (("main...work",), ["a"]),
        (("work...main",), ["b"]),
        (("main...",), ["a"]),
        (("...main",), ["b"]),
        (("work~1", "work"), ["a"]),
        (("work", "work"), []),
        (("HEAD^{/x}", "HEAD"), []),
    ],
)
def test_refs_are_read_as_git_reads_them(
    repo: Path, refs: tuple[str, ...], expected: list[str]
) -> None:
    branched(repo)
    found = [path for _, path in told(run(repo, *refs))]
    assert found == [f"prompts/{name}.prompt.md" for name in expected]


def test_what_is_staged_is_compared_with_the_head_or_with_a_ref(repo: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    commit(repo, {B: OTHER})
    write(repo, A, BYE)
    git(repo, "add", A)
    write(repo, A, HELLO)
    write(repo, "prompts/new.prompt.md", OTHER)
    report = run(repo, staged=True)
    assert told(report) == CHANGED_A
    assert report.after.name == "the index"
    assert report.prompts[0].versioning.after == "1.1.0"
    assert told(run(repo, first, staged=True)) == [("added", B), *CHANGED_A]


def test_before_the_first_commit_only_what_is_staged_can_be_seen(tmp_path: Path) -> None:
    folder = new_repo(tmp_path / "repo")
    write(folder, A, HELLO)
    git(folder, "add", "--all")
    assert told(run(folder, staged=True)) == [("added", A)]
    with pytest.raises(StoreError, match="nothing is committed yet") as caught:
        run(folder)
    assert "--staged" in str(caught.value.fix)
    with pytest.raises(UsageError, match="no commit 'main'"):
        run(folder, "main")


def test_the_branch_that_ci_names_comes_before_the_default_one(repo: Path) -> None:
    branched(repo)
    commit(repo, {B: OTHER.replace("ticket", "letter")})
    git(repo, "update-ref", "refs/remotes/origin/release", "HEAD")
    assert [path for _, path in told(run(repo))] == [A, B]
    report = run(repo, base_branch="release")
    assert told(report) == []
    assert report.before.name == "the merge base with origin/release"
    with pytest.raises(StoreError, match="origin/nowhere is not here") as caught:
        run(repo, base_branch="nowhere")
    assert "fetch" in (caught.value.fix or "")


def test_where_nothing_was_committed_since_the_default_branch_a_hint_says_so(repo: Path) -> None:
    commit(repo, {A: BYE})
    report = run(repo)
    assert report.prompts == ()
    assert [note for note in report.notes if "HEAD~" in note]
    write(repo, A, HELLO)
    assert run(repo).notes == ()


def test_a_detached_head_is_compared_with_where_it_left_the_default_branch(repo: Path) -> None:
    branched(repo)
    git(repo, "checkout", "--quiet", "--detach", "work")
    assert told(run(repo)) == CHANGED_A


REFUSED = [
    (("nowhere",), "git knows no commit 'nowhere'", "a branch, a tag or a commit"),
    ((A,), "git knows no commit", f"-- {A}"),
    (("main", "nowhere"), "git knows no commit 'nowhere'", "a branch, a tag or a commit"),
    (("main...nowhere",), "git knows no commit 'nowhere'", "a branch, a tag or a commit"),
    (("main", "main", "main"), "3 refs are given", "'--' before paths"),
    (("HEAD:prompts",), "git knows no commit 'HEAD:prompts'", "a commit"),
    (("--help",), "git knows no commit '--help'", "a commit"),
    (("",), "git knows no commit ''", "a commit"),
    (("main\nHEAD",), "git knows no commit", "a commit"),
    (("a blob missing",), "git knows no commit", "a commit"),
]


@pytest.mark.parametrize(("refs", "problem", "fix"), REFUSED)
def test_a_ref_that_cannot_be_is_a_usage_error(
    repo: Path, refs: tuple[str, ...], problem: str, fix: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)) as caught:
        run(repo, *refs)
    assert fix in str(caught.value.fix)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("refs", [("main", "main"), ("main...work",)])
def test_what_is_staged_has_one_ref_at_most(repo: Path, refs: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="one ref at most"):
        run(repo, *refs, staged=True)


def refused(folder: Path, *refs: str) -> AgentopsError:
    with pytest.raises(StoreError) as caught:
        run(folder, *refs)
    assert caught.value.exit_code == ExitCode.UNREACHABLE
    return caught.value


def test_without_a_repository_or_without_git_nothing_is_compared(
    tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    assert refused(tmp_path / "plain").message == "there is no git repository here"
    assert refused(tmp_path / "plain", "main").message == "there is no git repository here"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(repo).message == "git does not read the repository here"
    assert "install git" in str(refused(repo, "main", "work").fix)


def test_a_broken_repository_is_no_diff_without_changes(repo: Path) -> None:
    (repo / ".git" / "HEAD").write_text("nonsense\n")
    assert refused(repo).message == "git does not read the repository here"


def test_branches_that_share_no_commit_have_no_merge_base(repo: Path) -> None:
    git(repo, "checkout", "--quiet", "--orphan", "alone")
    commit(repo, {A: BYE})
    error = refused(repo)
    assert error.message == "main and HEAD share no commit"
    assert error.fix == "compare them as they are: main HEAD"
    assert refused(repo, "alone...main").message == "alone and main share no commit"
    assert told(run(repo, "main", "HEAD")) == CHANGED_A


def test_an_unknown_default_branch_is_asked_for(repo: Path) -> None:
    git(repo, "branch", "--move", "trunk")
    error = refused(repo)
    assert error.message == "the default branch is not known here"
    assert error.fix == "name what to compare with: REF"


class TestAShallowClone:
    @pytest.fixture
    def clone(self, repo: Path, tmp_path: Path) -> Path:
        """What actions/checkout makes of a branch unless it is told otherwise."""
        branched(repo)
        commit(repo, {A: BYE.replace("brief", "short")})
        git(repo, "switch", "--quiet", "main")
        where = f"file://{repo}"
        git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=work", where, "clone")
        return tmp_path / "clone"

    def test_says_that_it_is_and_what_to_do(self, clone: Path) -> None:
        error = refused(clone)
        assert error.message == "the default branch is not known here"
        assert "fetch-depth: 0" in str(error.fix)
        for refs in (("HEAD~1",), ("main",), ("main", "HEAD"), ("main...HEAD",)):
            error = refused(clone, *refs)
            assert "the clone is shallow, and git does not know" in error.message
            assert "fetch-depth: 0" in str(error.fix)

    def test_may_lack_the_commit_where_the_branch_began(self, clone: Path) -> None:
        git(clone, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
        error = refused(clone)
        assert error.message == "the clone is shallow: where HEAD left origin/main is not in it"
        assert "fetch-depth: 0" in str(error.fix)
        assert "where HEAD left origin/main" in refused(clone, "origin/main...HEAD").message
        assert [path for _, path in told(run(clone, "origin/main", "HEAD"))] == [A, B]

    def test_of_the_default_branch_does_not_tell_where_a_branch_began(
        self, repo: Path, tmp_path: Path
    ) -> None:
        commit(repo, {A: BYE})
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repo}", "one")
        assert "where this branch began is not in it" in refused(tmp_path / "one").message
        write(tmp_path / "one", A, HELLO)
        assert told(run(tmp_path / "one", "HEAD")) == CHANGED_A


class TestABareRepository:
    @pytest.fixture
    def bare(self, repo: Path, tmp_path: Path) -> Path:
        """A bare clone of a project that calls its prompts otherwise than the default."""
        files = {"agentops.yaml": "prompts: ['texts/*.md']\n", "texts/x.md": HELLO}
        commit(repo, {**files, "docs/texts/y.md": HELLO})
        commit(repo, {"texts/x.md": BYE, "docs/texts/y.md": BYE, A: BYE})
        git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare")
        return tmp_path / "bare"

    def test_compares_commits_by_the_configuration_that_they_have(self, bare: Path) -> None:
        report = run(bare, "main~1", "main")
        assert told(report) == [("changed", "texts/x.md")]
        assert report.looked_at == 1

    @pytest.mark.parametrize(
        ("refs", "staged"), [((), False), (("main",), False), ((), True), (("main",), True)]
    )
    def test_has_no_files_to_compare(self, bare: Path, refs: tuple[str, ...], staged: bool) -> None:
        with pytest.raises(UsageError, match="has no working tree") as caught:
            run(bare, *refs, staged=staged)
        assert caught.value.fix == "name two refs: REF REF"


class TestAVersionByName:
    @pytest.fixture
    def versions(self, repo: Path) -> Path:
        """A prompt with three versions under two paths, beside another that changes too."""
        commit(repo, {A: BYE, B: OTHER})
        git(repo, "mv", A, "prompts/greet.prompt.md")
        named = BYE.replace("version: 1.1.0", "version: 1.2.0\nname: a")
        commit(repo, {"prompts/greet.prompt.md": named, B: OTHER.replace("ticket", "mail")})
        return repo

    def test_is_a_side_that_is_about_this_prompt_alone(self, versions: Path) -> None:
        report = run(versions, "a@1.0.0")
        assert [(each.name, each.pair.status) for each in report.prompts] == [("a", "renamed")]
        assert report.prompts[0].versioning.before == "1.0.0"
        assert report.prompts[0].versioning.after == "1.2.0"
        assert report.before.name == "a@1.0.0"
        report = run(versions, "a@1.0.0", "a@1.1.0")
        assert told(report) == CHANGED_A
        assert report.prompts[0].versioning.after == "1.1.0"
        assert told(run(versions, "a@{HEAD~1}", "main")) == [("renamed", "prompts/greet.prompt.md")]

    def test_may_be_in_the_working_tree_alone(self, versions: Path) -> None:
        path = "prompts/greet.prompt.md"
        write(versions, path, (versions / path).read_text().replace("1.2.0", "2.0.0"))
        assert run(versions, "a@1.2.0", "a@2.0.0").prompts[0].versioning.after == "2.0.0"
        with pytest.raises(UsageError, match=r"a@2\.0\.0 is not committed"):
            run(versions, "a@2.0.0", "a@1.2.0")

    def test_that_is_unknown_is_said(self, versions: Path) -> None:
        with pytest.raises(EmptyError, match=r"9\.9\.9"):
            run(versions, "a@9.9.9")
        with pytest.raises(EmptyError, match="nobody"):
            run(versions, "nobody@1.0.0")
        with pytest.raises(UsageError, match="nowhere"):
            run(versions, "a@{nowhere}")
        with pytest.raises(UsageError, match="are two prompts"):
            run(versions, "a@1.1.0", "b@3.0.0")

    def test_gives_way_to_a_tag_of_that_name(self, versions: Path) -> None:
        git(versions, "tag", "a@1.0.0", "HEAD~1")
        assert [path for _, path in told(run(versions, "a@1.0.0"))] == [
            B,
            "prompts/greet.prompt.md",
        ]
