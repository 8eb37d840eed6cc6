"""Which convention a prompt file follows: by its name first, by what is in it second."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.frontmatter import find_frontmatter
from agentops_cli.prompt.source import Engine, Kind

ENGINES: Final[Mapping[Kind, Engine]] = {
    "native": "jinja2",
    "dotprompt": "handlebars",
    "prompty": "jinja2",
    "github-models": "placeholders",
    "llm-template": "dollar",
    "promptfoo": "jinja2",
}
"""The engine of a kind; none where it is not listed, or where the file says which."""

ROLES: Final[Mapping[Kind, Role]] = {
    "native": "system",
    "copilot-prompt": "user",
    "copilot-agent": "system",
    "claude-agent": "system",
    "claude-command": "user",
}
"""Whose message the text of a file is; nobody's in particular where the kind is not listed."""

# The longest first: a name may end in several of them.
_ENDINGS: Final[tuple[tuple[str, Kind], ...]] = (
    ("/skprompt.txt", "semantic-kernel"),
    ("/skill.md", "skill"),
    ("/agents.md", "agents-md"),
    ("/agents.override.md", "agents-md"),
    ("/claude.md", "agents-md"),
    ("/claude.local.md", "agents-md"),
    ("/gemini.md", "agents-md"),
    ("/copilot-instructions.md", "copilot-instructions"),
    (".instructions.md", "copilot-instructions"),
    (".agent.md", "copilot-agent"),
    (".chatmode.md", "copilot-agent"),
    (".mdc", "cursor-rule"),
    (".prompt", "dotprompt"),
    (".prompty", "prompty"),
    (".prompt.yml", "github-models"),
    (".prompt.yaml", "github-models"),
)

_NATIVE_KEY: Final = re.compile(
    r"^(?:version|author|requires_review|input|output):(?!\S)", re.MULTILINE
)
_AGENT_KEYS: Final = re.compile(r"^(name|description|tools|model):(?!\S)", re.MULTILINE)

_YAML: Final = (".yaml", ".yml")
# Marks of a format, as keys on the first column.
_KERNEL: Final = re.compile(r"^template(?:_format)?:(?!\S)", re.MULTILINE)
_KERNEL_KEY: Final = re.compile(
    r"^(?:template_format|input_variables|output_variable|execution_settings):(?!\S)", re.MULTILINE
)
_KERNEL_FOLDER: Final = re.compile(
    r'^\s*"(?:execution_settings|input_variables)"\s*:', re.MULTILINE
)
_MESSAGES: Final = re.compile(r"^messages:(?!\S)", re.MULTILINE)
_TURNS: Final = re.compile(
    r"""^-[ \t]+(?:role|content):(?!\S)|\A\s*\[\s*\{\s*"(?:role|content)"\s*:""", re.MULTILINE
)
_LLM: Final = re.compile(r"^(?:prompt|system):(?!\S)", re.MULTILINE)


def kind_of(path: str, text: str, *, is_declared: bool) -> Kind:
    """The convention of a file. `text` has line feeds only; the configuration declares files.

    A `.prompt.md` is native if it is declared, or if its frontmatter has a key that only the native
    format knows; else it is an editor's. Markdown and text of no convention that is declared is
    native as soon as it has frontmatter.
    """
    lower = "/" + path.replace("\\", "/").lower()
    if lower.endswith(".prompt.md"):
        return "native" if is_declared or _is_native(text) else "copilot-prompt"
    for ending, kind in _ENDINGS:
        if lower.endswith(ending):
            # Prompts of Semantic Kernel are called so, too.
            is_kernel = kind == "github-models" and _structured(text) == "semantic-kernel"
            return "semantic-kernel" if is_kernel else kind
    if lower.endswith("/config.json") and _KERNEL_FOLDER.search(text):
        return "semantic-kernel"
    if lower.endswith((*_YAML, ".json")):
        return _structured(text)
    if is_declared:
        return "native" if _block(text, path) else "plain"
    return _markdown(PurePosixPath(lower), text) if lower.endswith(".md") else "plain"


def _is_native(text: str) -> bool:
    return bool(_NATIVE_KEY.search(_block(text, "", required=True)))


def _structured(text: str) -> Kind:
    """The convention of a file that is YAML or JSON as a whole."""
    if _KERNEL.search(text) and _KERNEL_KEY.search(text):
        return "semantic-kernel"
    if _MESSAGES.search(text):
        return "github-models"
    if _TURNS.search(text):
        return "promptfoo"
    return "llm-template" if _LLM.search(text) else "plain"


def _markdown(path: PurePosixPath, text: str) -> Kind:
    """The convention of a Markdown file whose name says nothing, by its folder and its keys."""
    folders = path.parts[:-1]
    parent = path.parent.name
    if parent == "commands" or {".claude", "commands"} <= set(folders):
        return "claude-command"
    keys = set(_AGENT_KEYS.findall(_block(text, str(path))))
    if folders[-2:] == (".github", "agents"):
        return "copilot-agent"
    if {"name", "description"} <= keys and (parent == "agents" or keys & {"tools", "model"}):
        return "claude-agent"
    return "claude-agent" if {".claude", "agents"} <= set(folders) else "plain"


def _block(text: str, path: str, *, required: bool = False) -> str:
    """The frontmatter of a text; "" without."""
    return find_frontmatter(text, path=path, required=required).frontmatter or ""
