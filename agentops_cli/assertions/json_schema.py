"""An answer that must fit a JSON Schema."""

from itertools import islice
from typing import cast

from agentops_cli.assertions.arguments import arguments
from agentops_cli.assertions.excerpt import listed, shortened, shown
from agentops_cli.assertions.json_value import FENCE
from agentops_cli.assertions.structure import Json
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.errors import InputError
from agentops_cli.model.call import Verdict
from agentops_cli.model.json import Json as JsonValue
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.user_schema import SchemaProblem, errors_of, problems_of

# More mistakes than anybody reads; finding all of those of a long answer takes time.
_MOST_ERRORS = 20


class JsonSchema(Json):
    """The answer is JSON that fits a JSON Schema.

    *What it checks*

    The whole answer is JSON (as `json` checks it, with `fence`) and fits the schema in `value`:
    draft 2020-12 unless `$schema` names an older one. Formats are checked: date, date-time, time,
    duration, email, hostname, ipv4, ipv6, uri, uuid, regex. What could never be checked is refused
    when the suite is read: other formats of the standard, references that lead outside of the
    schema, expressions that do not compile, `unevaluatedProperties` beside `patternProperties`. A
    search that takes more than a second of computing abstains.

    *Why it matters*

    The schema is the contract with the program behind the prompt.

    *Example*

    ```yaml
    assert:
      - kind: jsonSchema
        value:
          type: object
          required: [label]
          properties:
            label: {enum: [billing, bug, other]}
    ```

    *Fix*

    The reason lists up to three mistakes, each with the path of the value. Give the provider the
    same schema as the prompt's `output.schema`.
    """

    schema = arguments(
        "value",
        value={"type": "object", "minProperties": 1, "description": "the JSON Schema"},
        fence=FENCE,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        super().__init__(spec)
        self._schema = cast("JsonObject", spec.args["value"])
        problems = [
            bad_argument(spec, _named(one), fix=one.fix) for one in problems_of(self._schema)
        ]
        if problems:
            raise InputError(finding for problem in problems for finding in problem.findings)

    def _judge(self, value: JsonValue, /) -> Verdict:
        try:
            errors = list(islice(errors_of(self._schema, value), _MOST_ERRORS))
        except (OverflowError, RecursionError) as why:
            raise CannotTell(str(why)) from None
        if not errors:
            return judged(f"fits the schema: {shown(value)}", passed=True)
        lines = [f"{shortened(one.json_path)}: {shortened(one.message)}" for one in errors]
        return judged(listed(sorted(lines), sep="; "), passed=False)


def _named(problem: SchemaProblem) -> str:
    place = ".".join(map(str, problem.route))
    return f"{problem.message} (at {place})" if place else problem.message
