"""Which version of a prompt a name and a range mean, in real repositories."""

import subprocess
from pathlib import Path

import pytest

from agentops_cli.errors import EmptyError, InputError, StoreError, UsageError
from tests.flows.diff.repos import commit, git, new_repo, write
from tests.flows.registry.repos import (
    GREET,
    partial_clone,
    prompt,
    registry,
    resolved,
    tag,
    versions,
)


def test_a_name_alone_is_what_the_working_tree_has(repo: Path) -> None:
    versions(repo, "1.0.0")
    write(repo, GREET, prompt("1.1.0", "Say good bye."))
    assert resolved(repo, "greet") == ("1.1.0", "Say good bye.")
    assert resolved(repo, GREET) == ("1.1.0", "Say good bye.")


def test_a_name_that_the_frontmatter_gives_counts_and_not_that_of_the_file(repo: Path) -> None:
    commit(repo, {GREET: prompt("1.0.0", head="name: hello\n")})
    assert resolved(repo, "hello")[0] == "1.0.0"
    with pytest.raises(EmptyError, match="no prompt 'greet'"):
        registry(repo).resolve("greet")


class TestHistory:
    @pytest.mark.parametrize(
        ("range_", "version"),
        [
            ("1.0.0", "1.0.0"),
            ("^1", "1.10.0"),
            ("~1.2", "1.2.1"),
            ("1.x", "1.10.0"),
            (">=1.2.1 <1.5", "1.2.1"),
            ("*", "2.0.0"),
            ("3.0.0-rc.1", "3.0.0-rc.1"),
        ],
    )
    def test_the_highest_version_of_the_range_is_found(
        self, repo: Path, range_: str, version: str
    ) -> None:
        versions(repo, "1.0.0", "1.2.1", "1.10.0", "2.0.0", "3.0.0-rc.1")
        assert resolved(repo, f"greet@{range_}") == (version, f"Say hello {version} times.")

    def test_a_version_means_the_last_commit_that_had_it(self, repo: Path) -> None:
        for text in ("First.", "Second."):
            commit(repo, {GREET: prompt("1.0.0", text)})
        versions(repo, "1.1.0")
        assert resolved(repo, "greet@1.0.0") == ("1.0.0", "Second.")

    def test_a_version_that_is_no_semantic_one_means_itself(self, repo: Path) -> None:
        versions(repo, "2026-01", "2026-02")
        assert resolved(repo, "greet@2026-01")[0] == "2026-01"

    def test_renames_are_followed_also_where_little_of_the_text_is_left(self, repo: Path) -> None:
        head = "name: greet\n"
        commit(repo, {"prompts/old.prompt.md": prompt("1.0.0", "One.\nTwo.\nThree.", head)})
        git(repo, "mv", "prompts/old.prompt.md", "prompts/other.prompt.md")
        commit(repo, {})
        git(repo, "rm", "--quiet", "prompts/other.prompt.md")
        text = "\n".join(f"Line {number}." for number in range(40))
        commit(repo, {GREET: prompt("2.0.0", text, head)})
        assert resolved(repo, "greet@1.0.0") == ("1.0.0", "One.\nTwo.\nThree.")

    def test_a_prompt_that_went_and_came_back_has_its_old_versions(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "rm", "--quiet", GREET)
        commit(repo, {})
        versions(repo, "2.0.0")
        assert resolved(repo, "greet@1")[0] == "1.0.0"

    def test_a_branch_that_was_merged_has_versions_too(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "checkout", "--quiet", "-b", "side")
        versions(repo, "1.1.0", "1.2.0")
        git(repo, "checkout", "--quiet", "main")
        commit(repo, {"other.txt": "x"})
        git(repo, "merge", "--quiet", "--no-edit", "side")
        assert resolved(repo, "greet@1.1.0")[0] == "1.1.0"

    def test_what_is_not_committed_is_found_last(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        write(repo, GREET, prompt("1.1.0", "New."))
        assert resolved(repo, "greet@^1")[0] == "1.0.0"
        assert resolved(repo, "greet@1.1.0") == ("1.1.0", "New.")

    def test_no_version_is_a_selection_of_nothing_and_says_what_there_is(self, repo: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        with pytest.raises(EmptyError, match=r"no version of 'greet' is \^9") as caught:
            registry(repo).resolve("greet@^9")
        assert caught.value.fix == "there are 1.1.0, 1.0.0"

    @pytest.mark.parametrize(
        ("wanted", "fix"),
        [("HEAD", "write greet@{HEAD}"), ("latest", "write one such"), ("^1, <2", "write one")],
    )
    def test_what_is_no_range_is_a_mistake_of_whoever_types_it(
        self, repo: Path, wanted: str, fix: str
    ) -> None:
        versions(repo, "1.0.0")
        with pytest.raises(UsageError, match="is no range of versions") as caught:
            registry(repo).resolve(f"greet@{wanted}")
        assert fix in (caught.value.fix or "")

    def test_the_settings_of_the_user_change_nothing(self, repo: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        for key, value in (
            ("log.showSignature", "true"),
            ("log.follow", "true"),
            ("diff.noprefix", "true"),
            ("color.ui", "always"),
            ("i18n.logOutputEncoding", "latin1"),
        ):
            git(repo, "config", key, value)
        assert resolved(repo, "greet@1.0.0")[0] == "1.0.0"


class TestTags:
    def test_a_version_with_a_tag_wins_over_a_higher_one_without(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        versions(repo, "1.1.0")
        found = registry(repo).resolve("greet@^1")
        assert (found.version, found.tag) == ("1.0.0", "prompt/greet@1.0.0")
        assert resolved(repo, "greet@1.1")[0] == "1.1.0"

    def test_a_tag_of_another_branch_is_found(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "checkout", "--quiet", "-b", "side")
        versions(repo, "2.0.0")
        tag(repo, "2.0.0")
        git(repo, "checkout", "--quiet", "main")
        assert resolved(repo, "greet@2") == ("2.0.0", "Say hello 2.0.0 times.")

    def test_a_light_tag_will_do(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "tag", "prompt/greet@1.0.0")
        assert registry(repo).resolve("greet@1.0.0").tag == "prompt/greet@1.0.0"

    def test_the_file_may_have_had_another_path(self, repo: Path) -> None:
        commit(repo, {"prompts/below/greet.prompt.md": prompt("1.0.0", "Old.")})
        tag(repo, "1.0.0")
        git(repo, "mv", "prompts/below/greet.prompt.md", GREET)
        commit(repo, {GREET: prompt("2.0.0", "New.")})
        found = registry(repo).resolve("greet@1.0.0")
        assert (found.version, found.file.path) == ("1.0.0", "prompts/below/greet.prompt.md")

    def test_a_tag_of_a_prompt_whose_name_only_begins_so_is_not_its(self, repo: Path) -> None:
        commit(repo, {GREET: prompt("1.0.0"), "prompts/greet-all.prompt.md": prompt("9.0.0")})
        tag(repo, "9.0.0", "greet-all")
        assert resolved(repo, "greet@*")[0] == "1.0.0"

    def test_a_tag_of_a_tag_leads_to_its_commit(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "tag", "--annotate", "--message=x", "inner")
        git(repo, "tag", "--annotate", "--message=x", "prompt/greet@1.0.0", "inner")
        assert registry(repo).resolve("greet@1.0.0").tag == "prompt/greet@1.0.0"

    def test_a_tag_with_a_v_before_its_version_means_that_version(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        tag(repo, "v1.0.0")
        assert resolved(repo, "greet@v1.0.0")[0] == "1.0.0"

    def test_a_tag_that_leads_to_another_version_is_not_believed(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.2.0")
        with pytest.raises(InputError, match=r"leads to version 1\.0\.0"):
            registry(repo).resolve("greet@1.2.0")


class TestRefs:
    def test_a_ref_gives_the_prompt_as_it_was_there(self, repo: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        assert resolved(repo, "greet@{HEAD~1}")[0] == "1.0.0"
        assert resolved(repo, "greet@{main}")[0] == "1.1.0"

    @pytest.mark.parametrize("ref", ["nowhere", "--all", "HEAD~9", "HEAD:agentops.yaml"])
    def test_an_unknown_ref_is_a_mistake_of_whoever_types_it(self, repo: Path, ref: str) -> None:
        versions(repo, "1.0.0")
        with pytest.raises(UsageError, match="git knows no commit"):
            registry(repo).resolve(f"greet@{{{ref}}}")

    def test_a_prompt_that_was_not_there_yet_is_nothing(self, repo: Path) -> None:
        commit(repo, {})
        versions(repo, "1.0.0")
        with pytest.raises(EmptyError, match="no prompt 'greet' in HEAD~1"):
            registry(repo).resolve("greet@{HEAD~1}")


class TestOddRepositories:
    def test_a_project_below_the_root_of_the_repository(self, repo: Path) -> None:
        versions(repo, "1.0.0", "1.1.0", path=f"shop/{GREET}")
        write(repo, "shop/agentops.yaml", "{}\n")
        assert resolved(repo / "shop", "greet@1.0.0")[0] == "1.0.0"
        assert resolved(repo / "shop", "greet@{HEAD~1}")[0] == "1.0.0"

    def test_a_bare_repository_has_what_its_head_has(self, repo: Path, tmp_path: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        git(repo, "clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare.git"))
        assert resolved(tmp_path / "bare.git", "greet")[0] == "1.1.0"
        assert resolved(tmp_path / "bare.git", "greet@1.0.0")[0] == "1.0.0"

    def test_a_worktree_has_the_history_of_its_own_branch(self, repo: Path, tmp_path: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        git(repo, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"), "HEAD~1")
        assert resolved(tmp_path / "side", "greet")[0] == "1.0.0"
        with pytest.raises(EmptyError, match=r"1\.1\.0"):
            registry(tmp_path / "side").resolve("greet@1.1.0")

    def test_a_detached_head_is_where_history_begins(self, repo: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        git(repo, "checkout", "--quiet", "HEAD~1")
        assert resolved(repo, "greet@*")[0] == "1.0.0"

    def test_a_repository_with_longer_names_is_read_as_well(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
        versions(tmp_path, "1.0.0", "1.1.0")
        assert resolved(tmp_path, "greet@1.0.0")[0] == "1.0.0"

    def test_a_shallow_clone_says_that_it_lacks_versions(self, repo: Path, tmp_path: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        git(repo, "clone", "--quiet", "--depth=1", repo.as_uri(), str(tmp_path / "shallow"))
        assert resolved(tmp_path / "shallow", "greet@1.1.0")[0] == "1.1.0"
        for wanted in ("greet@1.0.0", "greet@{HEAD~1}"):
            with pytest.raises(StoreError, match="the clone is shallow") as caught:
                registry(tmp_path / "shallow").resolve(wanted)
            assert "fetch-depth: 0" in (caught.value.fix or "")

    def test_a_partial_clone_gets_what_it_lacks(self, repo: Path, tmp_path: Path) -> None:
        versions(repo, "1.0.0", "1.1.0")
        git(repo, "config", "uploadpack.allowFilter", "true")
        clone = tmp_path / "partial"
        git(repo, "clone", "--quiet", "--filter=blob:none", repo.as_uri(), str(clone))
        assert resolved(clone, "greet@1.0.0") == ("1.0.0", "Say hello 1.0.0 times.")

    @pytest.mark.parametrize("wanted", ["1.0.0", "1.1.0", "^1", "{HEAD~1}"])
    def test_what_a_partial_clone_cannot_get_is_not_said_to_be_missing(
        self, repo: Path, tmp_path: Path, wanted: str
    ) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        versions(repo, "1.1.0", "2.0.0")
        clone = partial_clone(repo, tmp_path / "partial")
        with pytest.raises(StoreError, match="does not have the content"):
            registry(clone).resolve(f"greet@{wanted}")

    @pytest.mark.parametrize("wanted", ["^1", "*", ">=1"])
    def test_a_shallow_clone_cannot_tell_the_best_of_a_range(
        self, repo: Path, tmp_path: Path, wanted: str
    ) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        versions(repo, "1.1.0")
        clone = tmp_path / "shallow"
        git(repo, "clone", "--quiet", "--depth=1", "--no-tags", repo.as_uri(), str(clone))
        with pytest.raises(StoreError, match="the clone is shallow"):
            registry(clone).resolve(f"greet@{wanted}")

    def test_without_a_commit_there_is_the_working_tree(self, repo: Path) -> None:
        write(repo, GREET, prompt("1.0.0"))
        assert resolved(repo, "greet@^1")[0] == "1.0.0"
        with pytest.raises(StoreError, match="nothing is committed yet"):
            registry(repo).resolve("greet@{HEAD}")

    def test_without_a_repository_there_is_the_working_tree(self, tmp_path: Path) -> None:
        write(tmp_path, GREET, prompt("1.0.0"))
        assert resolved(tmp_path, "greet")[0] == "1.0.0"
        assert resolved(tmp_path, "greet@^1")[0] == "1.0.0"
        with pytest.raises(EmptyError, match="no version"):
            registry(tmp_path).resolve("greet@2")
        with pytest.raises(StoreError, match="no git repository"):
            registry(tmp_path).resolve("greet@{HEAD}")

    def test_without_git_there_is_the_working_tree(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        versions(repo, "1.0.0", "1.1.0")
        monkeypatch.setenv("PATH", str(repo))
        assert resolved(repo, "greet@1.1.0")[0] == "1.1.0"
        for wanted in ("greet@1.0.0", "greet@{HEAD}"):
            with pytest.raises(StoreError, match="git does not read the repository"):
                registry(repo).resolve(wanted)

    def test_a_prompt_of_a_submodule_has_its_versions_there(
        self, repo: Path, tmp_path: Path
    ) -> None:
        inner = new_repo(tmp_path / "inner")
        versions(inner, "1.0.0", "1.1.0", path="greet.prompt.md")
        allowed = ("-c", "protocol.file.allow=always")
        git(repo, *allowed, "submodule", "--quiet", "add", str(inner), "prompts/inner")
        commit(repo, {})
        assert resolved(repo, "greet")[0] == "1.1.0"
        with pytest.raises(EmptyError, match=r"no version"):
            registry(repo).resolve("greet@1.0.0")

    def test_in_the_middle_of_a_rebase_history_ends_where_it_stands(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        git(repo, "checkout", "--quiet", "-b", "side")
        versions(repo, "1.1.0")
        git(repo, "checkout", "--quiet", "main")
        versions(repo, "2.0.0")
        with pytest.raises(subprocess.CalledProcessError):
            git(repo, "rebase", "main", "side")
        assert resolved(repo, "greet@*")[0] == "2.0.0"
        assert resolved(repo, "greet@{side}")[0] == "1.1.0"


def test_two_prompts_of_one_name_are_a_mistake_in_the_files(repo: Path) -> None:
    head = "name: greet\n"
    commit(repo, {GREET: prompt(head=head), "prompts/b.prompt.md": prompt(head=head)})
    with pytest.raises(InputError, match=r"'greet' is in prompts/b\.prompt\.md too"):
        registry(repo).resolve("greet")


def test_a_misspelt_name_gets_a_suggestion(repo: Path) -> None:
    commit(repo, {GREET: prompt()})
    with pytest.raises(EmptyError) as caught:
        registry(repo).resolve("greta")
    assert caught.value.fix == "did you mean 'greet'?"


def test_templates_include_from_the_commit_that_they_are_of(repo: Path) -> None:
    text = "{% include 'part.j2' %}"
    commit(repo, {GREET: prompt("1.0.0", text), "prompts/part.j2": "old"})
    commit(repo, {GREET: prompt("1.1.0", text), "prompts/part.j2": "new"})
    found = registry(repo).resolve("greet@1.0.0")
    assert found.tree.source.read("prompts/part.j2") == "old"
    assert found.tree.source.glob("prompts/*.j2") == ("prompts/part.j2",)
    assert [*found.tree.source.lines("prompts/part.j2", newline="\n")] == ["old"]


def test_git_is_not_asked_for_what_the_working_tree_has(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repo, {GREET: prompt()})

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert resolved(repo, "greet")[0] == "1.0.0"


def test_a_name_may_be_written_with_escapes(repo: Path) -> None:
    commit(repo, {GREET: prompt(head='name: "a\\n::b"\n')})
    assert resolved(repo, "a\n::b")[0] == "1.0.0"


def test_a_link_that_leads_out_of_the_project_is_not_followed(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, "secret.prompt.md", prompt())
    commit(repo, {"other/real.prompt.md": prompt("3.0.0")})
    (repo / "prompts").mkdir()
    (repo / GREET).symlink_to(tmp_path / "secret.prompt.md")
    (repo / "prompts/near.prompt.md").symlink_to("../other/real.prompt.md")
    assert "leads out of the project" in registry(repo).here.tree.file(GREET).problems[0].message
    assert not registry(repo).here.named("greet").text
    assert resolved(repo, "near")[0] == "3.0.0"
    commit(repo, {})
    with pytest.raises(EmptyError):
        registry(repo).resolve("near@{HEAD}")
