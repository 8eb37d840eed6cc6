"""What a Jinja template reads, from the tree that Jinja's parser makes of it."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from agentops_cli.model.finding import Finding
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Include, Piece, Source, TemplateView, Use
from agentops_cli.template.limits import TemplateError
from agentops_cli.template.placed import PlacedTemplate, read_placed, refusal_of, undeclared_in
from agentops_cli.template.reads import Read, Reads, reads_of

_LONGEST: Final = 50_000
"""Sources up to this length surely fit into the code that a run may make of them."""

_MOST_ALIASES: Final = 1_000


def view_by_parser(source: Source, file: PromptFile) -> TemplateView:
    """The view of one template; what a run would refuse is a problem."""
    placed = read_placed(source.text)
    reads = Reads()
    undeclared: frozenset[str] | None = None
    refused = placed.problem
    if placed.tree is not None:
        try:
            reads = reads_of(placed.tree, source.text)
            if reads.is_hard or len(source.text) > _LONGEST:
                undeclared = undeclared_in(placed.tree)
            elif not reads.problems:
                refused = refusal_of(placed.tree)
        except RecursionError:
            refused = TemplateError("the template nests too deeply", line=0, fix="nest less")
        except TemplateError as error:
            refused = error
    problems = reads.problems or ([("syntax", refused)] if refused else [])
    return _View(source, file, placed, reads).view(problems, undeclared)


class _View:
    """Leads from offsets of a template to the file."""

    def __init__(
        self, source: Source, file: PromptFile, placed: PlacedTemplate, reads: Reads
    ) -> None:
        self._source = source
        self._file = file
        self._reads = reads
        self._tags = placed.tags
        self._starts = [start for start, _ in placed.tags]

    def view(
        self, problems: list[tuple[str, TemplateError]], undeclared: frozenset[str] | None
    ) -> TemplateView:
        """All of it; of names only those that come from outside."""
        reads = self._reads
        return TemplateView(
            uses=tuple(
                self._use(read)
                for read in reads.names
                if not read.is_local and (undeclared is None or read.name in undeclared)
            ),
            aliases=tuple(self._aliases()),
            includes=tuple(self._includes()),
            problems=tuple(self._problem(rule, problem) for rule, problem in problems),
            pieces=tuple(self._pieces()),
        )

    def _tag(self, at: int) -> tuple[int, int]:
        """The tag around an offset."""
        index = bisect_right(self._starts, at) - 1
        return self._tags[index] if index >= 0 else (at, at)

    def _pieces(self) -> Iterator[Piece]:
        for kind, name, start, end in self._reads.pieces:
            yield Piece(kind=kind, name=name, span=self._source.span(start, end))

    def _includes(self) -> Iterator[Include]:
        for each in self._reads.includes:
            span = self._source.span(*self._tag(each.at))
            _, role = self._source.message(span)
            yield Include(
                name=each.name, span=span, optional=each.optional, role=role, given=each.given
            )

    def _aliases(self) -> Iterator[Use]:
        """What local names put into the text, as uses of the names that they were set from.

        Of very many only the first of its kind in each message.
        """
        seen: set[tuple[str, str, int, tuple[str, ...]]] = set()
        left = _MOST_ALIASES
        for read in self._reads.names:
            if not read.made_of or read.kind not in ("output", "loop"):
                continue
            use = self._use(read)
            for name, filters in read.made_of.items():
                passed = (*sorted(filters), *read.filters)
                key = name, read.name, use.passage, passed
                is_use = name == read.name and not read.is_local
                if not is_use and (left > 0 or key not in seen):
                    seen.add(key)
                    left -= 1
                    yield replace(use, name=name, alias=read.name, filters=passed)

    def _use(self, read: Read) -> Use:
        span = self._source.span(read.at, read.at + len(read.name))
        passage, role = self._source.message(span)
        return Use(
            name=read.name,
            span=span,
            tag=self._source.span(*self._tag(read.at)),
            kind=read.kind,
            role=role,
            passage=passage,
            filters=read.filters,
            optional=read.name in self._reads.optional,
        )

    def _problem(self, rule: str, problem: TemplateError) -> Finding:
        at = min(problem.line or 0, len(self._source.text))
        place = self._file.location(self._source.span(at, at).start)
        return Finding(rule=rule, message=problem.message, location=place, fix=problem.fix)
