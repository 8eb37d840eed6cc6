"""The one place where Jinja runs: prompts, and the string arguments of suites.

Sources come from pull requests that nobody has reviewed, so a template gets data in and text out,
and nothing else: no Python, no unbounded time or memory, no chance. Jinja, which is slow to load,
is imported with the first template that has tags.
"""

from agentops_cli.template.limits import Limits, TemplateError
from agentops_cli.template.templates import Loader, Template, Templates

__all__ = ["Limits", "Loader", "Template", "TemplateError", "Templates"]
