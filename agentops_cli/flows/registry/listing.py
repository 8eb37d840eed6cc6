"""`agentops prompt list`: the prompts of a project, and what is to be known of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast, get_args

from agentops_cli.diff.registered import Authored, Listed, Listing, version_of
from agentops_cli.errors import EmptyError, StoreError
from agentops_cli.flows.lint.cards import card_of
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.owners import read_owners
from agentops_cli.flows.lint.parts import MissingPartError, Scene
from agentops_cli.flows.refs import DEEPEN
from agentops_cli.flows.registry.log import authored
from agentops_cli.flows.registry.resolve import Registry
from agentops_cli.model.json import Json
from agentops_cli.model.settings import Config, Tier
from agentops_cli.model.suite import Case
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.suites import suites_named

if TYPE_CHECKING:
    from agentops_cli.flows.lint.suites import ProjectSuites


def listing(registry: Registry, config: Config, *, today: date) -> Listing:
    """The prompts that the configuration names, by name. Only git knows when they changed.

    Raises `EmptyError` where there are none.
    """
    files = sorted(registry.here.all, key=lambda file: (file.name, file.path))
    if not files:
        patterns = ", ".join(map(repr, config.prompts))
        raise EmptyError(f"no prompt matches {patterns}", fix="start one: agentops prompt new NAME")
    suites, of_suites = _suites(config, files, today)
    changed, of_git = _last_changes(registry, [file.path for file in files])
    owners = read_owners(config.root)
    return Listing(
        prompts=tuple(
            Listed(
                name=file.name,
                path=file.path,
                version=version_of(file),
                models=_texts(file.meta.get("model")),
                status=card_of(file).status,
                tier=_tier(file, config),
                authors=_texts(file.meta.get("author")),
                owners=owners.of(file.path) if owners else (),
                suites=_paths(suites, file) if suites else (),
                changed=changed.get(file.path),
                problems=file.problems,
            )
            for file in files
        ),
        notes=(*of_suites, *of_git),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases that are put to a prompt, each with the path of its suite, skipped ones apart.

    `models` are those that a suite asks, by its path, where it names any itself. `notes` are lines
    about suites that cannot be read.
    """

    found: Sequence[tuple[str, Case]]
    models: Mapping[str, Sequence[str]]
    notes: Sequence[str]


def cases_of(config: Config, file: PromptFile, *, today: date) -> Cases:
    """The cases of all suites of a prompt."""
    suites, notes = _suites(config, [file], today)
    named = suites.of(file.path, file.name, suites_named(file)) if suites else ()
    return Cases(
        found=[(facts.path, case) for facts in named for case in facts.looked_at],
        models={facts.path: facts.models for facts in named if facts.models},
        notes=notes,
    )


def _suites(
    config: Config, files: Sequence[PromptFile], today: date
) -> "tuple[ProjectSuites | None, Sequence[str]]":
    """The suites as the linter knows them, and lines about those that it cannot read."""
    from agentops_cli.flows.lint.suites import gather  # It loads the reader of suites.

    cards = {file.path: card_of(file) for file in files}
    scene = Scene(
        config=config,
        options=LintOptions(today=today),
        paths=tuple(cards),
        cards=lambda: cards,
        known=cards.get,
    )
    try:
        suites = gather(scene)
    except MissingPartError as error:
        return None, (str(error),)
    return suites, suites.notes


def _paths(suites: "ProjectSuites", file: PromptFile) -> Sequence[str]:
    found = suites.of(file.path, file.name, suites_named(file))
    return sorted({facts.path for facts in found})


def _last_changes(
    registry: Registry, paths: Iterable[str]
) -> tuple[Mapping[str, Authored], Sequence[str]]:
    """The last commit that changed each path; git stops once all are known."""
    if registry.head is None:
        try:
            registry.demand_git()
        except StoreError as error:
            return {}, (error.message,)
    left = set(paths)
    found: dict[str, Authored] = {}
    for revision in registry.log.revisions(registry.head or "HEAD", registry.folders):
        if revision.path in left:
            left.remove(revision.path)
            found[revision.path] = authored(revision)
            if not left:
                break
    if registry.repository.is_shallow():
        return found, (f"the clone is shallow, so changes may be older than they look; {DEEPEN}",)
    return found, ()


def _tier(file: PromptFile, config: Config) -> Tier:
    """How ready the prompt says that it is, or the settings say of all."""
    own = file.meta.get("tier")
    return cast("Tier", own) if own in get_args(Tier) else config.lint.tier


def _texts(value: Json) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
