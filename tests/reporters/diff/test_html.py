from html.parser import HTMLParser

from tests.reporters.diff.made import HOSTILE, a_full_prompt, a_hostile_page, a_page, written

VOID = {"meta", "br"}
OURS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h3", "p", "b", "br", "code", "a"),
    *("details", "summary", "ul", "li", "table", "tr", "th", "td", "span", "del", "ins"),
}


class _Reader(HTMLParser):
    """Reads a page, and fails where a tag is not ours or not closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in OURS
        self.attributes |= set(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_nothing_of_an_author_is_markup() -> None:
    _read(written("html", a_hostile_page()))
    for hostile in ("</details><script>x</script>", '"><img src=x onerror=y>', HOSTILE):
        reader = _read(written("html", a_page(a_full_prompt(hostile, name=hostile))))
        assert hostile[:12].strip("\x1b") in reader.text or hostile == HOSTILE


def test_nothing_is_loaded() -> None:
    reader = _read(written("html", a_hostile_page()))
    keys = {key for key, _ in reader.attributes}
    assert not keys & {"src", "srcset", "action", "onclick"}
    assert {value for key, value in reader.attributes if key == "href"} == {"#p0", "#p1"}
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes


def test_changed_words_are_marked() -> None:
    text = written("html", a_page(a_full_prompt("x")))
    assert "Answer x in <del>English</del> only." in text
    assert "Answer x in <ins>French</ins> only." in text
    assert "5 unchanged lines" in text
