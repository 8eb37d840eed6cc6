"""Prompts that lie in a folder or a package, of which several may be versions of one.

What a prompt is called and which version it is, its file says, whatever that is called itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentops_cli.errors import EmptyError, InputError, UnreadableError, UsageError
from agentops_cli.flows.registry.choice import Choice, highest_first
from agentops_cli.flows.registry.names import may_be
from agentops_cli.flows.registry.wanted import Wanted, read_wanted
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.prompt.read import FOREIGN, NATIVE, PLAIN, default_name, read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.sources import Disk
from agentops_cli.template.suggest import did_you_mean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from agentops_cli.model.prompt import Prompt
    from agentops_cli.ports import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One of the versions of a prompt; `mistake` is why it cannot be used, where it cannot."""

    path: str
    version: str | None
    prompt: "Prompt | None" = None
    mistake: InputError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A version, and the files that its template includes from."""

    prompt: "Prompt"
    source: "Source"

    def renderer(self, clock: Callable[[], float]) -> Renderer:
        """The prompt as `eval` renders it; raises `InputError` where it would."""
        return Renderer(self.prompt, clock=clock, source=self.source)


class PromptFolder:
    """The prompts below a folder; `name` is what people call it. Nothing is kept of them."""

    def __init__(self, source: "Source", name: str) -> None:
        self._source = source
        self._name = name

    def find(self, name_and_range: str) -> Shipped:
        """The version that is wanted: the highest that is in the range, of a name alone of all.

        Raises `EmptyError` where no prompt or no version is found, `InputError` where it cannot be
        used or two files are the same version, `UsageError` for what no folder has.
        """
        wanted = read_wanted(name_and_range)
        if wanted.ref is not None:
            problem = f"{wanted} is in a git repository, and {self._name} is none"
            raise UsageError(problem, fix="name a version, or load it with repository=")
        versions = [*self._versions(wanted.name)]
        if not versions:
            raise self._missing(wanted.name)
        chosen = _chosen(versions, wanted)
        if chosen.mistake is not None:
            raise chosen.mistake
        assert chosen.prompt is not None  # noqa: S101 # What is no mistake was read.
        return Shipped(prompt=chosen.prompt, source=self._source)

    def _versions(self, name: str) -> Iterator[Version]:
        for path in self._paths():
            try:
                text = self._source.read(path)
            except UnreadableError:
                if default_name(path) == name:
                    raise
                continue  # Nobody can tell what it is.
            if not may_be(name, path, text.encode(errors="surrogatepass")):
                continue
            try:
                prompt = read_prompt(text, path=path)
            except InputError as error:
                if (broken := _broken(name, text, path, error)) is not None:
                    yield broken
                continue
            if prompt.name == name:
                yield Version(path=path, version=prompt.meta.version, prompt=prompt)

    def _paths(self) -> Sequence[str]:
        paths = self._source.glob("**/*")
        return [path for path in paths if path.lower().endswith((NATIVE, *FOREIGN, *PLAIN))]

    def _missing(self, name: str) -> EmptyError:
        from agentops_cli.prompt.formats import read_file  # Only whoever looks in vain needs it.

        names = []
        for path in self._paths():
            try:
                names.append(read_file(self._source.read(path), path=path, is_declared=True).name)
            except UnreadableError:
                names.append(default_name(path))
        known = sorted(dict.fromkeys(names))
        listed = f"there are {_listed(known)}" if known else "it has no prompts at all"
        problem = f"there is no prompt {name!r} in {self._name}"
        return EmptyError(problem, fix=did_you_mean(name, known) or listed)


def folder_of(folder: Path) -> PromptFolder:
    """The prompts of a folder on the disk; raises `UsageError` where there is none."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}", fix="name one that has prompts")
    return PromptFolder(Disk(folder), f"the folder {str(folder)!r}")


def package_of(package: str, folder: str) -> PromptFolder:
    """The prompts in a folder of a package, which is imported for it.

    Raises `UsageError` where there is no such package or folder.
    """
    fix = "name one that is installed, as it is imported"
    try:
        root = _files(package)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{package}.".startswith(f"{error.name}."):
            raise  # It is there, and lacks something itself.
        raise UsageError(f"there is no package {package!r}", fix=fix) from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"{package!r} is no package", fix=fix) from error
    below = root.joinpath(*folder.split("/"))
    if not below.is_dir():
        problem = f"the package {package!r} has no folder {folder!r}"
        raise UsageError(problem, fix="name it: folder=…; a wheel may leave out what is no module")
    name = f"the package {package!r}"
    return PromptFolder(Disk(below) if isinstance(below, Path) else Packed(below), name)


def _files(package: str) -> "Traversable":
    """The files of a package, as `importlib.resources.files` gives them."""
    paths = [*getattr(import_module(package), "__path__", ())]
    if len(paths) == 1 and (folder := Path(paths[0])).is_dir():
        return folder  # Most are a folder, and `importlib.resources` takes time to import.
    from importlib.resources import files

    if not paths:
        raise TypeError(package)
    return files(package)


class Packed:
    """The `Source` of a package that is in a zip file; what is hidden is left out."""

    def __init__(self, root: "Traversable") -> None:
        self._root = root

    def read(self, path: str) -> str:
        """The text of a file."""
        try:
            return self._root.joinpath(*path.split("/")).read_bytes().decode()
        except UnicodeDecodeError as error:
            problem = f"{path} is not UTF-8 (byte {error.start})"
            raise UnreadableError(problem, fix="save the file as UTF-8") from error
        except (OSError, KeyError) as error:
            raise UnreadableError(f"{path} cannot be read: {error}") from error

    def lines(self, path: str, *, newline: str) -> Iterator[str]:
        """The lines of a file."""
        import io

        yield from io.StringIO(self.read(path), newline=newline)

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match a pattern, sorted."""
        from agentops_cli.flows.lint.globs import Glob

        matches = Glob.of(pattern).matches
        return tuple(
            sorted(path for path in self._below(self._root, "") if matches.fullmatch(path))
        )

    def _below(self, folder: "Traversable", prefix: str) -> Iterator[str]:
        for entry in folder.iterdir():
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from self._below(entry, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name


def _chosen(versions: Sequence[Version], wanted: Wanted) -> Version:
    known = {each.version: each for each in versions}
    texts = [version for version in known if version is not None]
    best = Choice(wanted.range or "*").best(texts)
    for each in versions:
        # Which version it is nobody knows: it may be the one that is wanted.
        if each.mistake is not None and each.version is None and best != wanted.range:
            return each
    if best is None and wanted.range is None and len(known) == 1:
        best = next(iter(known))
    elif best is None:
        shown = _listed(highest_first(texts))
        problem = f"no version of {wanted.name!r} is {wanted.range or 'a release'}"
        raise EmptyError(problem, fix=f"there are {shown}" if texts else "give it a version")
    same = [each for each in versions if each.version == best]
    if len(same) > 1:
        raise InputError(_twice(wanted.name, best, same))
    return same[0]


def _broken(name: str, text: str, path: str, mistake: InputError) -> Version | None:
    """A file that cannot be used, if it is the prompt of this name."""
    from agentops_cli.prompt.formats import read_file  # As above.

    file = read_file(text, path=path, is_declared=True)
    if file.name != name:
        return None
    version = file.meta.get("version")
    said = version if isinstance(version, str) else None
    return Version(path=path, version=said, mistake=mistake)


def _twice(name: str, version: str | None, same: Sequence[Version]) -> Iterator[Finding]:
    what = f"{name}@{version}" if version else f"the prompt {name!r}"
    for each in same[1:]:
        yield Finding(
            rule="duplicate-version",
            message=f"{what} is in {same[0].path} too",
            location=Location(path=each.path),
            fix="give each a version of its own, or remove one",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if names[_SHOWN:] else "")


_SHOWN: Final = 8
