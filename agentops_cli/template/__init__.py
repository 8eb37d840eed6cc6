"""The one place where Jinja runs: prompts, and the string arguments of suites.

Sources come from pull requests that nobody has reviewed, so a template gets data in and text out,
and nothing else: no Python, no unbounded time or memory, no chance. Import it late: Jinja is slow
to load.
"""

from agentops_cli.template.meter import Limits, TemplateError
from agentops_cli.template.templates import Loader, Template, Templates

__all__ = ["Limits", "Loader", "Template", "TemplateError", "Templates"]
