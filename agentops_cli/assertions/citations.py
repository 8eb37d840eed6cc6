"""Citations in an answer that must lead somewhere."""

import re
from collections.abc import Mapping
from typing import cast

from agentops_cli.assertions.arguments import arguments, count, string
from agentops_cli.assertions.excerpt import at, counted, listed, opening, quote
from agentops_cli.assertions.markdown import without_code
from agentops_cli.assertions.verdict import CannotTell, bad_argument, expression_of, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec, Case

# [1], [doc-3], [^2] and [1, 4]; neither links [text](url), nor tasks [x], nor marks of redaction.
_DEFAULT = r"(?<!!)\[\^?((?![xX]\]|redacted:)[\w.:#-]+(?:\s*[,;]\s*\^?[\w.:#-]+)*)\](?!\()"
_SEPARATOR = re.compile(r"[\s,;^]+")

_IDS: JsonObject = {
    "type": "array",
    "minItems": 1,
    "items": {"type": ["string", "integer"]},
    "description": "the ids that may be cited",
}


class Citations:
    """Every source that the answer cites was given to the model.

    *What it checks*

    Each cited id is in `value` (a list), or in the variable that `in` names: a list of ids, a list
    of mappings with an `id`, a mapping by id, or a text in which ids stand as in an answer. A
    citation is `[1]`, `[doc-3]`, `[^2]` or `[1, 4]`, in prose, and no link or task mark; `pattern`
    is another form, whose first group is the id and which is searched for in code too. At least
    `min` different ids must be cited: 1 unless it is given. The score is the share of the cited ids
    that exist.

    *Why it matters*

    An invented source looks exactly like a real one.

    *Example*

    ```yaml
    assert:
      - {kind: citations, in: passages, min: 2}
    ```

    *Fix*

    The reason names the id that does not exist. Number the passages in the prompt as they must be
    cited, and say that nothing else may be.
    """

    schema = arguments(
        value=_IDS,
        pattern=string("a regular expression whose first group is the id"),
        min=count("how many different ids must be cited; default 1"),
        **{"in": string("the variable of the case, or the column, that holds the ids")},
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._ids = cast("list[str | int] | None", spec.args.get("value"))
        self._variable = cast("str | None", spec.args.get("in"))
        if (self._ids is None) == (self._variable is None):
            problem = "value stands beside in" if self._ids is not None else "it knows no ids"
            raise bad_argument(spec, problem, fix="write in: the variable that holds them")
        own = cast("str | None", spec.args.get("pattern"))
        self._is_default = own is None
        self._expression = expression_of(spec, own or _DEFAULT)
        self._least = cast("int", spec.args.get("min", 1))

    def check(self, evidence: Evidence) -> Verdict:
        answer = evidence.completion.text
        known, cited = self._known(evidence.case), self._cited(answer)
        unknown = [name for name in cited if name not in known]
        if unknown:
            reason = f"cites {quote(unknown[0])} {at(cited[unknown[0]])}, which does not exist"
            if unknown[1:]:
                reason += f"; nor do {listed(list(map(quote, unknown[1:])))}"
            reason += f"; known: {listed(sorted(known), limit=8) or 'none'}"
            return judged(reason, passed=False, score=1 - len(unknown) / len(cited))
        came = f"cites {listed(list(cited), limit=8)}" if cited else "cites nothing"
        if len(cited) >= self._least:
            return judged(came, passed=True)
        wanted = f"wanted at least {counted(self._least, 'source')}, it {came}"
        return judged(wanted if cited else f"{wanted}: {opening(answer)}", passed=False)

    def _cited(self, text: str) -> dict[str, int]:
        """The ids in a text, each with the place where it first stands."""
        found: dict[str, int] = {}
        prose = without_code(text) if self._is_default else text
        for start, end in self._expression.spans(prose, min(1, self._expression.compiled.groups)):
            cited = prose[start:end]
            for name in _SEPARATOR.split(cited) if self._is_default else [cited]:
                if name:
                    found.setdefault(name, start)
        return found

    def _known(self, case: Case) -> set[str]:
        if self._ids is not None:
            return set(map(str, self._ids))
        name = cast("str", self._variable)
        for values in (case.vars, case.row):
            if name in values:
                return self._ids_in(values[name], name)
        raise CannotTell(f"the case has no variable {name!r} that would hold the ids")

    def _ids_in(self, value: Json, name: str) -> set[str]:
        match value:
            case str():
                return set(self._cited(value))
            case Mapping():
                return set(value)
            case list():
                ids = [one.get("id") if isinstance(one, dict) else one for one in value]
                if all(isinstance(one, (str, int)) for one in ids):
                    return set(map(str, ids))
        raise CannotTell(f"the variable {name!r} holds no ids: neither texts nor mappings with one")
