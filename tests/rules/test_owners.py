"""Who owns a file, as the hosts read CODEOWNERS."""

import pytest

from agentops_cli.rules.owners import owners_of

PATH = "prompts/support/refund.prompt.md"


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("", ()),
        ("# * @ada", ()),
        ("* @ada", ("@ada",)),
        ("*.md @ada @acme/prompts", ("@ada", "@acme/prompts")),
        ("/prompts/ @ada", ("@ada",)),
        ("prompts @ada", ("@ada",)),
        ("/support/ @ada", ()),
        ("support/ @ada", ("@ada",)),
        ("prompts/* @ada", ()),
        ("prompts/** ada@example.com", ("ada@example.com",)),
        ("prompts/**/*.prompt.md @ada", ("@ada",)),
        ("* @ada\n/prompts/ @bob", ("@bob",)),
        ("/prompts/ @bob\n* @ada", ("@ada",)),
        ("* @ada\n/prompts/", ()),
        ("* @ada # and @bob", ("@ada",)),
        ("* ada @bob", ("@bob",)),
        ("\t* @ada\r".replace("\r", ""), ("@ada",)),
        ("[Prompts]\n* @ada\n\n[Security][2]\n/prompts/ @eve", ("@ada", "@eve")),
        ("[Prompts] @acme/prompts\n/prompts/", ("@acme/prompts",)),
        ("^[Prompts][2] @acme/prompts\n/prompts/ @ada", ("@ada",)),
        ("[Prompts]\n* @ada\n[PROMPTS]\n/prompts/ @bob", ("@bob",)),
        ("!/prompts/ @ada\n* @bob", ("@bob",)),
        ("/prompts/[a-z @ada\n* @bob", ("@bob",)),
        ("/prompts/[z-a]* @ada\n* @bob", ("@bob",)),
    ],
)
def test_the_last_line_that_matches_decides(text: str, owners: tuple[str, ...]) -> None:
    assert owners_of(text, path="CODEOWNERS").of(PATH) == owners


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/my\\ prompts/ @ada", "my prompts/a.prompt.md"),
        ("/\\#a @ada", "#a"),
        ("*.md @ada", "ä.md"),
    ],
)
def test_a_path_may_have_any_character(pattern: str, path: str) -> None:
    assert owners_of(pattern, path="CODEOWNERS").of(path) == ("@ada",)


def test_paths_are_from_the_root_of_the_repository() -> None:
    file = owners_of("/pkg/prompts/ @ada", path="../CODEOWNERS", prefix="pkg/")
    assert file.of("prompts/a.prompt.md") == ("@ada",)


def test_a_line_knows_its_place_and_what_is_wrong_with_it() -> None:
    first, second, third = owners_of(
        "# x\n\n  /a @ada\n/b acme/team ada@ @\n!/c @ada\n", path="CODEOWNERS"
    ).entries
    assert (first.line, first.column, first.wrong, first.problem) == (3, 3, (), None)
    assert (second.line, second.owners, second.wrong) == (4, (), ("acme/team", "ada@", "@"))
    assert third.problem is not None


def test_each_line_that_decides_is_told() -> None:
    file = owners_of("* @ada\n[S]\n/prompts/ @eve\n", path="CODEOWNERS")
    assert [entry.line for entry in file.matching(PATH)] == [1, 3]
