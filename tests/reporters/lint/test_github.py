import re

from agentops_cli.model.finding import Severity
from tests.reporters.lint.made import PATH, a_finding, a_hostile_report, a_report, written

COMMAND = re.compile(r"::(?P<name>\w+) (?P<properties>.*?)::(?P<message>.*)")


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner of GitHub Actions takes it apart."""
    found = COMMAND.fullmatch(line)
    assert found
    pairs = (pair.split("=", 1) for pair in found["properties"].split(","))
    return found["name"], {key: _plain(value) for key, value in pairs}, _plain(found["message"])


def _plain(text: str) -> str:
    for written_as, meant in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(written_as, meant)
    return text.replace("%25", "%")


def test_each_severity_is_a_command_of_its_own() -> None:
    text = "one\n"
    found = [a_finding(text, "one", severity=each) for each in Severity]
    lines = written("github", a_report(text, *found)).splitlines()
    assert [read_command(line)[0] for line in lines] == ["notice", "warning", "error"]


def test_a_command_names_the_place_the_rule_and_the_fix() -> None:
    text = "one\ntwo, 100%\n"
    found = a_finding(text, "100%", message="100% wrong", code="PF010")
    [line] = written("github", a_report(text, found)).splitlines()
    assert read_command(line) == (
        "error" if found.finding.severity is Severity.ERROR else "warning",
        {
            "file": PATH,
            "line": "2",
            "col": "6",
            "endLine": "2",
            "endColumn": "10",
            "title": "PF010 empty-value",
        },
        "100% wrong\nfix: mend it",
    )


def test_of_several_lines_no_column_is_told() -> None:
    text = "one\ntwo\n"
    [line] = written("github", a_report(text, a_finding(text, "ne\ntw"))).splitlines()
    _, properties, _ = read_command(line)
    assert (properties["line"], properties["endLine"]) == ("1", "2")
    assert not {"col", "endColumn"} & set(properties)


def test_nothing_that_others_wrote_is_a_command() -> None:
    lines = written("github", a_hostile_report()).splitlines()
    assert len(lines) == 4  # Three findings and one bug of ours.
    for line in lines:
        name, properties, message = read_command(line)
        assert name in {"error", "warning", "notice"}
        assert set(properties) <= {"file", "line", "col", "endLine", "endColumn", "title"}
        assert "##[" not in message


def test_what_would_end_a_property_or_begin_a_line_is_escaped() -> None:
    text = "one\n"
    found = a_finding(text, "one", message="100%0A: so, it is", fix="", path="a:b,c%.prompt.md")
    [line] = written("github", a_report({found.place.path: text}, found)).splitlines()
    assert "file=a%3Ab%2Cc%25.prompt.md,line=1," in line
    assert line.endswith("::100%250A: so, it is")
