"""A comment leaves a rule alone that has nothing to say there.

Whatever it once excused is mended, or it never named the right rule or line. It stays on, and will
hide the next mistake of that kind without anybody having looked at it.

Quiet: where the rule that is named does not run, so that nobody can tell; for a family of rules,
unless all of them run.
"""

from collections.abc import Iterator, Sequence

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.comments import Comment, Unused
from agentops_cli.rules.rule import Edit, Hit, Safety


def check(file: PromptFile, unused: Sequence[Unused]) -> Iterator[Hit]:
    """Each comment that the linter had no use for, wholly or in part."""
    for each in unused:
        comment, names = each.comment, ", ".join(each.selectors)
        is_whole = len(each.selectors) == len(comment.selectors)
        yield Hit(
            at=comment.span,
            message=f"nothing here is left alone by {names}",
            fix="remove the comment" if is_whole else f"take {names} out of the comment",
            edits=_removal(file, comment) if is_whole else _shorter(each),
            safety=_safety(comment),
        )


def _safety(comment: Comment) -> Safety:
    # A model reads what stands between <!-- and -->, as it does all text.
    return "unsafe" if comment.form == "html" else "safe"


def _removal(file: PromptFile, comment: Comment) -> tuple[Edit, ...]:
    """Takes the comment away; of a template its line stays, for the line is in what it renders."""
    start, end = comment.span.start, comment.span.end
    if comment.form == "frontmatter":
        return ()
    if comment.form == "yaml":
        line = file.line_at(start)
        before = file.text[line.start : start]
        start = line.start + len(before.rstrip(" \t"))
        if comment.is_alone:
            end = min(end + 1, len(file.text))
    return (Edit(start=start, end=end, text=""),)


def _shorter(unused: Unused) -> tuple[Edit, ...]:
    """Leaves those selectors that are of use."""
    left = [name for name, _ in unused.comment.selectors if name not in unused.selectors]
    return (
        Edit(start=unused.comment.list.start, end=unused.comment.list.end, text=", ".join(left)),
    )
