"""What a check of judges found, for a person on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_cli.cli.screen import console
from agentops_cli.flows.judging import Checked, CheckResult, Judged
from agentops_cli.judge.agreement import LABELS, OPINIONS, Agreement
from agentops_cli.judge.record import record_path
from agentops_cli.reporters.wording import costs, counted, flat, one_line, percent

_REASON_CHARACTERS = 300


def print_check(result: CheckResult, *, quiet: bool) -> None:
    """The agreement of each judge, what it judged wrongly, and whether it may judge."""
    out = console()
    for judge in result.judges:
        _say(out, flat(judge.path), "bold")
        _say(out, f"  {_who(judge)}, {costs(judge.cost)}")
        if judge.agreement is not None:
            for line in _figures(judge.agreement):
                _say(out, f"  {line}")
            if not quiet:
                _print_table(out, judge.agreement)
        for each in judge.examples:
            if not each.agrees:
                _print_example(out, each)
        _print_verdict(out, judge)


def _who(judge: Checked) -> str:
    model, served = judge.file.judge.model, ", ".join(map(flat, judge.served))
    return f"{model} (served: {served})" if served else model


def _figures(agreement: Agreement) -> Iterator[str]:
    kappa, interval = agreement.kappa, agreement.kappa_interval
    agreed = f"{agreement.agreed} of {agreement.n} as labelled"
    low, high = agreement.accuracy_interval
    yield f"{agreed}, {percent(agreement.accuracy)} (95 %: {percent(low)} to {percent(high)})"
    if kappa is not None and interval is not None:
        yield f"kappa {kappa:.2f} (95 %: {interval[0]:.2f} to {interval[1]:.2f})"


def _print_table(out: Console, agreement: Agreement) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 2))
    table.add_column("labelled")
    for word in OPINIONS:
        table.add_column("no opinion" if word == "abstained" else f"judged {word}", justify="right")
    for label in LABELS:
        table.add_row(label, *(str(agreement.count(label, word)) for word in OPINIONS))
    out.print(table)


def _print_example(out: Console, each: Judged) -> None:
    said = "was not judged" if each.opinion is None else f"was judged {each.opinion}"
    if each.opinion == "abstained":
        said = "got no opinion"
    line = Text(f"  {each.example.location}", style="bold")
    line.append(f"  labelled {each.example.label}, {said}", style="yellow")
    out.print(line, soft_wrap=True)
    _say(out, f"    {one_line(each.reason, _REASON_CHARACTERS)}")


def _print_verdict(out: Console, judge: Checked) -> None:
    record = flat(record_path(judge.path))
    if judge.agreement is None:
        missing = sum(each.opinion is None for each in judge.examples)
        words = f"{counted(missing, 'example')} could not be judged: no record is written"
        _say(out, f"  NO VERDICT  {words}", "bold magenta")
    elif judge.problem is not None:
        _say(out, f"  REFUSED  {judge.problem}; {record} says so, and runs heed it", "bold red")
    else:
        _say(out, f"  MAY JUDGE  commit {record} with the judge file", "bold green")


def _say(out: Console, message: str, style: str = "default") -> None:
    out.print(Text(message, style=style), soft_wrap=True)
