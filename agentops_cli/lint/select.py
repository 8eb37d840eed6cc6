"""Which rules run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agentops_cli.rules.rule import Profile, Rule
from agentops_cli.rules.selectors import is_known, weight

_LOUDNESS: Final[dict[Profile, int]] = {"default": 0, "strict": 1, "all": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one place asks for: the configuration, or the command line.

    `select` stands in place of all that was asked for before; the others change it.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def selectors(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.select, *self.extend_select, *self.ignore)


def chosen(rules: Sequence[Rule], profile: Profile, wishes: Sequence[Wish]) -> tuple[Rule, ...]:
    """The rules of a profile as the wishes change it, one after the other; in their own order.

    Within a wish the selector that means a rule most exactly decides, so that `PS001` can be left
    out of `PS`, and can be taken from an ignored `PS`. Between equals the rule is left out.
    """
    limit = _LOUDNESS[profile]
    codes = {rule.code for rule in rules if _LOUDNESS[rule.profile] <= limit}
    for wish in wishes:
        if wish.select:
            codes.clear()
        for rule in rules:
            wanted = _most_exact((*wish.select, *wish.extend_select), rule)
            refused = _most_exact(wish.ignore, rule)
            if wanted > refused:
                codes.add(rule.code)
            elif refused >= 0:
                codes.discard(rule.code)
    return tuple(rule for rule in rules if rule.code in codes)


def unknown(selectors: Sequence[str], rules: Sequence[Rule]) -> Iterator[str]:
    """The selectors that mean no rule."""
    return (each for each in selectors if not is_known(each, rules))


def _most_exact(selectors: Sequence[str], rule: Rule) -> int:
    return max((weight(each, rule) for each in selectors), default=-1)
