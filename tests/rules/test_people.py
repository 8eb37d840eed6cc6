"""Whether an author of a prompt is somebody that git knows."""

import pytest

from agentops_cli.rules.governance.people import domains, is_among, is_bot, is_person
from agentops_cli.rules.history import Person

ADA = Person(name="Ada Lovelace", email="ada@example.com")
HOST = Person(name="Grace Hopper", email="123+grace@users.noreply.github.com")


@pytest.mark.parametrize(
    "author",
    [
        "Ada Lovelace",
        "ada lovelace",
        "ada",
        "ADA@example.com",
        "Ada L. <ada@example.com>",
        "Ada Lovelace <ada@elsewhere.org>",
        "@grace",
        "Grace Hopper",
    ],
)
def test_a_person_is_known_by_name_address_or_handle(author: str) -> None:
    assert is_among(author, [ADA, HOST])


@pytest.mark.parametrize("author", ["Ada", "Adda Lovelace", "grace@example.com", "@bob", "", "@"])
def test_others_are_not(author: str) -> None:
    expected = author == "Ada"  # The part of her address before the sign.
    assert is_among(author, [ADA, HOST]) == expected


@pytest.mark.parametrize(
    "author", ["@ada", "Support Team", "The agentops authors", "renovate[bot]"]
)
def test_handles_teams_and_bots_are_no_people(author: str) -> None:
    assert not is_person(author)


def test_a_bot_says_so() -> None:
    assert is_bot("dependabot[bot]")
    assert not is_bot("Robot Smith")


def test_the_domain_of_a_host_is_nobody_s() -> None:
    assert domains([ADA, HOST]) == {"example.com"}
