"""How many columns of a terminal a text takes, and as much of it as fits."""

from unicodedata import category, combining, east_asian_width

from agentops_cli.reporters.wording import visible


def shown(text: str) -> str:
    """The text as a terminal shows it in one place: no tabs, and controls spelled out."""
    return visible(text.replace("\t", "    "))


def spelled(text: str) -> str:
    """The same with all that shows nothing spelled out too: it may be what is told of."""
    text = shown(text)
    if text.isascii():
        return text
    return "".join(
        f"\\u{ord(each):04x}"
        if each != " " and (not each.isprintable() or category(each) in {"Zs", "Cf"})
        else each
        for each in text
    )


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(map(_takes_none, text))


def cut(text: str, columns: int) -> str:
    """As much of the text as fits, with an ellipsis where that is not all."""
    if width(text) <= columns:
        return text
    kept = text[: max(columns - 1, 0)]
    while kept and width(kept) >= columns:
        kept = kept[:-1]
    return f"{kept}…"


def cut_left(text: str, columns: int) -> str:
    """The same with the end of the text."""
    if width(text) <= columns:
        return text
    kept = text[-max(columns - 1, 1) :]
    while kept and width(kept) >= columns:
        kept = kept[1:]
    return f"…{kept}"


def _takes_none(character: str) -> bool:
    return combining(character) > 0 or category(character) in {"Mn", "Me", "Cf"}
