import pytest

from agentops_cli.flows.lint.globs import Glob, is_glob


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("prompts/**/*.prompt.md", "prompts/a.prompt.md"),
        ("prompts/**/*.prompt.md", "prompts/a/b/c.prompt.md"),
        ("prompts/**", "prompts/a/b"),
        ("**/*.md", "a.md"),
        ("./a/*.md", "a/b.md"),
        ("../a/*.md", "../a/b.md"),
        ("/abs/*.md", "/abs/b.md"),
        (".github/**/*.md", ".github/prompts/a.md"),
        ("a?.md", "ab.md"),
        ("[ab].md", "b.md"),
        ("[!a].md", "b.md"),
        ("[!^a].md", "b.md"),
        ("[+-9].md", "5.md"),
        ("[a.md", "[a.md"),
        ("a[]].md", "a].md"),
        ("a+(b).md", "a+(b).md"),
        ("*.md", "a\nb.md"),
    ],
)
def test_a_pattern_matches_what_a_shell_would_match(pattern: str, path: str) -> None:
    assert Glob.of(pattern).matches.fullmatch(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("prompts/**/*.prompt.md", "prompts/.old/a.prompt.md"),
        ("prompts/**/*.prompt.md", "prompts/.a.prompt.md"),
        ("prompts/*.md", "prompts/a/b.md"),
        ("prompts/**", "prompts"),
        ("*.md", "a.mdx"),
        ("?.md", ".md"),
        ("[!a].md", "a.md"),
        ("[!a]b.md", "/b.md"),
        ("[z-a].md", "b.md"),
        ("[!^a].md", "^.md"),
        ("a[+-9]b.md", "a/b.md"),
        ("a.md", "axmd"),
    ],
)
def test_a_pattern_matches_nothing_else(pattern: str, path: str) -> None:
    assert not Glob.of(pattern).matches.fullmatch(path)


@pytest.mark.parametrize(
    ("pattern", "folder", "depth"),
    [
        ("prompts/**/*.md", "prompts", None),
        ("prompts/*.md", "prompts", 0),
        ("prompts/*/x/*.md", "prompts", 2),
        ("*.md", "", 0),
        ("a/b.md", "a", 0),
        ("/abs/x/*.md", "/abs/x", 0),
    ],
)
def test_a_pattern_tells_where_to_look(pattern: str, folder: str, depth: int | None) -> None:
    glob = Glob.of(pattern)
    assert (glob.folder, glob.depth) == (folder, depth)


def test_a_text_without_marks_is_no_pattern() -> None:
    assert [is_glob(each) for each in ("a.md", "a*", "a?", "[a]", "a]")] == [
        False,
        True,
        True,
        True,
        False,
    ]
