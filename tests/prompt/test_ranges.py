"""Ranges of versions, as npm has them."""

import pytest

from agentops_cli.prompt.ranges import Order, order_of, read_range

VERSIONS = (
    *("0.0.3", "0.0.4", "0.1.0", "0.2.3", "1.2.0", "1.2.3", "1.3.0-rc.1", "1.3.0"),
    *("2.0.0-rc.1", "2.0.0", "2.1.0"),
)


def order(version: str) -> Order:
    """Where a version stands."""
    found = order_of(version)
    assert found is not None
    return found


def among(text: str) -> str:
    """Those of the versions that are in a range."""
    found = read_range(text)
    assert found is not None
    return " ".join(each for each in VERSIONS if found.has(order(each)))


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("1.2.3", "1.2.3"),
        ("=1.2.3", "1.2.3"),
        ("v1.2.3", "1.2.3"),
        ("1.2", "1.2.0 1.2.3"),
        ("1", "1.2.0 1.2.3 1.3.0"),
        ("1.x", "1.2.0 1.2.3 1.3.0"),
        ("1.2.*", "1.2.0 1.2.3"),
        ("*", "0.0.3 0.0.4 0.1.0 0.2.3 1.2.0 1.2.3 1.3.0 2.0.0 2.1.0"),
        ("^1.2", "1.2.0 1.2.3 1.3.0"),
        ("^1.2.3", "1.2.3 1.3.0"),
        ("^0.2", "0.2.3"),
        ("^0.0.3", "0.0.3"),
        ("^0.0", "0.0.3 0.0.4"),
        ("^0", "0.0.3 0.0.4 0.1.0 0.2.3"),
        ("~1.2", "1.2.0 1.2.3"),
        ("~1", "1.2.0 1.2.3 1.3.0"),
        ("~1.2.1", "1.2.3"),
        (">=1.3", "1.3.0 2.0.0 2.1.0"),
        (">1.2", "1.3.0 2.0.0 2.1.0"),
        (">1", "2.0.0 2.1.0"),
        ("<=1.2", "0.0.3 0.0.4 0.1.0 0.2.3 1.2.0 1.2.3"),
        ("<0.1", "0.0.3 0.0.4"),
        (">= 1.2.3 < 2", "1.2.3 1.3.0"),
        ("1.2 - 1.3", "1.2.0 1.2.3 1.3.0"),
        ("0.0.3 || 2", "0.0.3 2.0.0 2.1.0"),
        ("<*", ""),
    ],
)
def test_a_range_holds_what_npm_says(text: str, versions: str) -> None:
    assert among(text) == versions


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("^2.0.0-rc.0", "2.0.0-rc.1 2.0.0 2.1.0"),
        (">=1.3.0-rc.0", "1.3.0-rc.1 1.3.0 2.0.0 2.1.0"),
        ("<2.0.0", "0.0.3 0.0.4 0.1.0 0.2.3 1.2.0 1.2.3 1.3.0"),
    ],
)
def test_what_comes_before_a_release_is_meant_only_where_it_is_named(
    text: str, versions: str
) -> None:
    assert among(text) == versions


@pytest.mark.parametrize(
    "text", ["a", "^", "1.2.3.4", "01.2", "1.2.3-", "latest", "1 || b", "!1", "x.1", "1.*.2"]
)
def test_other_texts_are_no_range(text: str) -> None:
    assert read_range(text) is None


def test_the_highest_is_the_highest_as_versions_go_and_not_as_texts_do() -> None:
    found = read_range("1.x")
    assert found is not None
    versions = [order(each) for each in ("1.9.0", "1.10.0", "1.2.0", "2.0.0")]
    assert found.highest(versions) == order("1.10.0")
    assert found.highest(versions[3:]) is None


def test_versions_stand_in_the_order_of_semver() -> None:
    words = ("alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1")
    versions = [*(f"1.0.0-{word}" for word in words), "1.0.0", "1.0.1", "1.2.0", "1.10.0"]
    backwards = versions[::-1]
    assert sorted(backwards, key=order) == versions
    assert order("1.0.0+a") == order("1.0.0+b")


@pytest.mark.parametrize(
    "text",
    ["1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0\n", "v1.0.0", "9" * 5000 + ".0.0"],
)
def test_what_is_no_version_stands_nowhere(text: str) -> None:
    assert order_of(text) is None
