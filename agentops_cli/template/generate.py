"""Turns a source into a tree, and a tree into Python code, both in bounded time and memory.

Python's own compiler cannot be interrupted and takes some 200 bytes for each character of code,
so what it is given is limited.
"""

from collections.abc import Iterable, Iterator
from io import StringIO
from types import CodeType

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.lexer import Token

from agentops_cli.template.limits import TemplateError

MAX_TOKENS = 10_000
MAX_CODE = 500_000


def counted(stream: Iterable[Token]) -> Iterator[Token]:
    """Limits the tokens of a source; a stretch of plain text is one."""
    for count, token in enumerate(stream):
        if count == MAX_TOKENS:
            raise TemplateError(
                f"the template has more than {MAX_TOKENS:,} names, signs and tags",
                line=token.lineno,
                fix="split it, or prepare the variables outside",
            )
        yield token


def generate(
    tree: nodes.Template, environment: Environment, name: str | None
) -> tuple[CodeType, frozenset[str]]:
    """The code of a template, and the names that it reads from outside."""
    stream = StringIO()
    generator = _Generator(environment, name, stream)
    generator.visit(tree)
    try:
        code = compile(stream.getvalue(), "<template>", "exec")
    except SyntaxError as error:
        raise TemplateError(
            f"the template cannot be compiled: {error.msg}",
            line=generator.template_line(error.lineno or 0),
            fix="nest less",
        ) from error
    return code, frozenset(generator.undeclared)


class _Generator(CodeGenerator):
    def __init__(self, environment: Environment, name: str | None, stream: StringIO) -> None:
        # Jinja's optimizer would run parts of the template to fold constants.
        super().__init__(environment, name, None, stream, optimized=False)
        self.undeclared: set[str] = set()
        self._written = 0

    def write(self, x: str) -> None:
        self._written += len(x)
        if self._written > MAX_CODE:
            raise TemplateError("the template is too large", fix="split it")
        super().write(x)

    def enter_frame(self, frame: Frame) -> None:
        """Notes what `jinja2.meta.find_undeclared_variables` would find."""
        super().enter_frame(frame)
        for action, name in frame.symbols.loads.values():
            if action == "resolve" and name not in self.environment.globals:
                self.undeclared.add(str(name))

    def template_line(self, code_line: int) -> int | None:
        """The line of the template from which a line of code was made."""
        lines = [line for line, made in self.debug_info if made <= code_line]
        return lines[-1] if lines else None
