"""`load_prompt`: what applications use of this package at run time.

Nothing is imported before it is called: whoever imports it takes no longer for that to start.
"""

import os

TYPE_CHECKING = False  # That of `typing` takes as long to import as an interpreter to start.
if TYPE_CHECKING:
    from agentops_cli.flows.loading.loaded import LoadedPrompt


def load_prompt(
    wanted: str,
    *,
    package: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    repository: str | os.PathLike[str] | None = None,
) -> "LoadedPrompt":
    """One version of a prompt, read and rendered as `agentops eval` does.

    `wanted` is `name`, `name@1.2.0` or a range such as `name@^1.2`, of which the highest version
    that is in it is meant; one before a release only where it is named. It is looked for in

    - `package`: the folder `prompts` of an importable package, or `folder` in it;
    - `folder`: a folder on the disk, with all below it;
    - `repository`: the prompts that the `agentops.yaml` there configures, by default those of the
      working folder. Tags `prompt/<name>@<version>` come first, then the history of the branch;
      `name@{REF}` is the prompt at any commit that git knows, `name` alone that of the working
      tree.

    Several versions may lie in one folder: what counts is the `name` and the `version` that each
    file gives itself.

    No call is made over a network, also by git. It may be called from several threads at once.
    What cannot change is read once in a process: packages, and what is in a commit.

    Raises errors of `agentops_cli.errors`, whose notes say what mends them: `EmptyError` where
    there is no such prompt or version, `InputError` where a file cannot be used, `UsageError`
    where nothing can be meant, `StoreError` where git does not tell. All are `AgentopsError`.
    """
    from agentops_cli.flows.loading.load import load

    return load(wanted, package=package, folder=folder, repository=repository)
