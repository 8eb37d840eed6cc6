"""JSON Schemas that users write: whether one is sound, and whether a value fits it.

The draft is 2020-12 unless `$schema` names another. What could not be judged for certain is refused
before a value is: references that lead out (a prompt from a stranger must not make this process
call an address), formats without a check, expressions that do not compile.
"""

from agentops_cli.user_schema.judge import errors_of, misfit
from agentops_cli.user_schema.sound import SchemaProblem, problems_of

__all__ = ["SchemaProblem", "errors_of", "misfit", "problems_of"]
