"""How much a template may use, and the error that says it asked for more, or makes no sense.

Text without tags needs no more than this of the package: Jinja takes 20 ms to load.
"""

from dataclasses import dataclass

MAX_MESSAGE = 300


class TemplateError(Exception):
    """A template that cannot be compiled or rendered: what, where, and how to fix it.

    `line` counts from 1 in the source, or in the included template `name`; `None` where no line
    can be told.
    """

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        fix: str | None = None,
        name: str | None = None,
    ) -> None:
        self.message = _shortened(message)
        self.line = line
        self.fix = fix and _shortened(fix)
        self.name = name
        super().__init__(self.message)


def _shortened(text: str) -> str:
    """Names and values in a message can be as long as the template's author likes."""
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a template may use.

    `characters` bounds the rendered text and any single text on the way there, `source` the
    length of each source that has tags in it.
    """

    seconds: float = 2.0
    characters: int = 1_000_000
    source: int = 200_000

    @property
    def memory(self) -> int:
        """What all values made in one rendering may weigh together, about 5 bytes a unit."""
        return 10 * self.characters


def overlong(limits: Limits) -> TemplateError:
    """A rendered text that is longer than the limit."""
    return TemplateError(
        f"the rendered text is longer than {limits.characters:,} characters",
        fix="loop over less, or shorten what is put in, for example with `truncate`",
    )


def check_unicode(text: str) -> None:
    """Refuses half characters: no file and no request can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TemplateError(
            f"the rendered text holds half a character, {text[error.start]!a}",
            fix="write the character itself, not an escape such as \\ud83d",
        ) from error
