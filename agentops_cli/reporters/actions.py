"""Commands that GitHub Actions obeys in the log of a job.

The form is that of `@actions/core`: a message escapes `%` and line ends, a property `:` and `,`
too.
"""

from collections.abc import Mapping

from agentops_cli.reporters.wording import flat


def command(name: str, properties: Mapping[str, object], message: str) -> str:
    """A command, in which no text can end a property or begin another command."""
    told = ",".join(
        f"{key}={_escaped(flat(str(value)), also=':,')}" for key, value in properties.items()
    )
    lines = "%0A".join(_escaped(flat(line)) for line in message.split("\n"))
    return f"::{name} {told}::{lines}" if told else f"::{name}::{lines}"


def _escaped(text: str, *, also: str = "") -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for each in also:
        text = text.replace(each, f"%{ord(each):02X}")
    return text
