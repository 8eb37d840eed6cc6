"""Whether the version of a prompt went up as far as its changes ask for."""

from collections.abc import Sequence

from agentops_cli.diff.values import Pair, Versioning
from agentops_cli.model.json import Json
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.changes import bump_between, bumped, required_bump
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile


def versioning(pair: Pair, found: Sequence[Change]) -> Versioning:
    """The versions of both sides, and whether the later one is high enough; `found` has changed.

    A prompt that came or went has nothing to be compared with. One that has no version on either
    side needs none: that it should have one is for the linter to say, as it is that a version is
    not semantic; of such only that they differ is demanded. One that was semantic has to stay so,
    or nothing would ask for a higher one again. Drafts may change as they like.
    """
    before, after = _written(pair.before), _written(pair.after)
    then, now = parse_version(before), parse_version(after)
    actual = bump_between(then, now) if then and now else None
    if pair.before is None or pair.after is None:
        return Versioning(before=before, after=after, required=None, actual=None, is_enough=True)
    required = required_bump(found, before)
    if before is None or _are_drafts(pair.before, pair.after):
        is_enough = True
    elif now is None:
        is_other = after is not None and before != after
        is_enough = then is None and (required is None or is_other)
    elif then is None:
        is_enough = True
    elif required is None:
        is_enough = now >= then
    else:
        is_enough = actual is not None and actual >= required
    needed = None
    if not is_enough and then:
        needed = str(then if required is None else bumped(then, required))
    return Versioning(
        before=before,
        after=after,
        required=required,
        actual=actual,
        is_enough=is_enough,
        needed=needed,
    )


def _written(file: PromptFile | None) -> str | None:
    version: Json = file.meta.get("version") if file else None
    return None if version is None else str(version)


def _are_drafts(*files: PromptFile) -> bool:
    return all(file.meta.get("status") == "draft" for file in files)
