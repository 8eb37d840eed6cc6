"""Names that resolve to objects: built-ins, real entry points, and what can go wrong with both."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode, PluginError
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.registry import Registry

GROUP = "agentops.fruits"
BUILTIN = {"apple": "shop_fruits:APPLE", "quince": "shop_fruits:QUINCE"}
PLACE = Location(path="evals/pm.yaml", line=14, column=7)

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution with a module and entry points where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, module: str, **points: str) -> None:
        (tmp_path / f"{name}.py").write_text(module, encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
        )
        lines = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)

    install("shop_fruits", "APPLE = 'an apple'\nQUINCE = 'a quince'\n")
    return install


def fruits() -> Registry[str]:
    return Registry(GROUP, BUILTIN, noun="fruit")


def refused(name: str) -> Finding:
    with pytest.raises(PluginError) as caught:
        fruits().get(name, location=PLACE)
    assert caught.value.exit_code is ExitCode.INPUT
    [finding] = caught.value.findings
    assert finding.location == PLACE
    return finding


def test_a_built_in_resolves_to_its_object(install: Install) -> None:
    assert fruits().get("apple") == "an apple"
    assert fruits().names() == ("apple", "quince")


def test_an_entry_point_of_another_distribution_resolves_too(install: Install) -> None:
    install("pears_plugin", "PEAR = 'a pear'\n", pear="pears_plugin:PEAR")
    assert fruits().get("pear") == "a pear"
    assert fruits().names() == ("apple", "pear", "quince")


def test_nothing_is_imported_before_it_is_asked_for(install: Install) -> None:
    install("loud_plugin", "raise RuntimeError('imported')\n", pear="loud_plugin:PEAR")
    registry = fruits()
    assert registry.knows("pear")
    assert "pear" in registry.names()
    assert registry.get("apple") == "an apple"
    assert "loud_plugin" not in sys.modules


def test_a_member_is_loaded_once(install: Install) -> None:
    install("list_plugin", "PEAR = ['one']\n", pear="list_plugin:PEAR")
    registry: Registry[list[str]] = Registry(GROUP, {}, noun="fruit")
    assert registry.get("pear") is registry.get("pear")


@pytest.mark.parametrize(("name", "known"), [("apple", True), ("aple", False), ("", False)])
def test_a_registry_knows_its_names(install: Install, name: str, known: bool) -> None:
    assert fruits().knows(name) is known


def test_an_unknown_name_gets_the_nearest_one_and_all_others(install: Install) -> None:
    finding = refused("aple")
    assert finding.rule == "unknown-fruit"
    assert finding.message == "unknown fruit 'aple'"
    assert finding.fix == "did you mean 'apple'? known: apple, quince"


def test_a_name_that_is_near_nothing_gets_all_names(install: Install) -> None:
    assert refused("xyzzy").fix == "known: apple, quince"


def test_two_distributions_of_one_name_are_refused_and_both_named(install: Install) -> None:
    install("pears_one", "PEAR = 1\n", pear="pears_one:PEAR")
    install("pears_two", "PEAR = 2\n", pear="pears_two:PEAR")
    finding = refused("pear")
    assert finding.rule == "ambiguous-fruit"
    assert finding.message == "fruit 'pear' is claimed by pears_one and pears_two"


def test_a_plugin_never_takes_the_place_of_a_built_in(install: Install) -> None:
    install("apples_plugin", "APPLE = 'a trick'\n", apple="apples_plugin:APPLE")
    assert refused("apple").message == "fruit 'apple' is claimed by agentops-cli and apples_plugin"
    assert fruits().get("quince") == "a quince", "the others still load"


@pytest.mark.parametrize(
    ("module", "target", "reason"),
    [
        ("raise RuntimeError('broken inside')\n", "bad_plugin:PEAR", "RuntimeError: broken inside"),
        ("", "bad_plugin:PEAR", "AttributeError: module 'bad_plugin' has no attribute 'PEAR'"),
        ("", "no_such_module:PEAR", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys\nsys.exit(0)\n", "bad_plugin:PEAR", "SystemExit: 0"),
        ("raise BaseException('no')\n", "bad_plugin:PEAR", "BaseException: no"),
    ],
)
def test_a_plugin_that_does_not_load_is_refused_by_name(
    install: Install, module: str, target: str, reason: str
) -> None:
    install("bad_plugin", module, pear=target)
    finding = refused("pear")
    assert finding.rule == "broken-fruit"
    assert finding.message == f"fruit 'pear' does not load: {reason}"
    assert finding.fix == "mend or uninstall bad_plugin"


def test_a_member_that_was_made_stands_for_the_built_in_of_its_name(install: Install) -> None:
    registry: Registry[str] = Registry(GROUP, BUILTIN, noun="fruit", ready={"apple": "a red one"})
    assert registry.get("apple") == "a red one"
    assert registry.get("quince") == "a quince"


def test_a_plugin_does_not_take_the_place_of_a_member_that_was_made(install: Install) -> None:
    install("apples_plugin", "APPLE = 'a trick'\n", apple="apples_plugin:APPLE")
    registry: Registry[str] = Registry(GROUP, BUILTIN, noun="fruit", ready={"apple": "a red one"})
    with pytest.raises(PluginError, match="claimed by agentops-cli and apples_plugin"):
        registry.get("apple")


def test_a_noun_of_two_words_makes_a_rule_of_one(install: Install) -> None:
    registry: Registry[str] = Registry(GROUP, {}, noun="stone fruit")
    with pytest.raises(PluginError) as caught:
        registry.get("plum")
    assert caught.value.findings[0].rule == "unknown-stone-fruit"
