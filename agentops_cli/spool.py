"""Frozen values of which only the first few are in memory, however many there are.

The rest is in a temporary file without a name. Nobody but this process can open it, so that what is
read from it is what was written; it is gone with the process, and no other version ever reads it.
"""

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import chain, islice, repeat
from operator import attrgetter
from typing import IO, Any, Generic, TypeVar, overload

from agentops_cli.errors import StoreError

KEPT = 5_000
"""So many values stay objects: most runs are no larger, and pay nothing."""

_RECENT = 256  # Loaded values that are kept, for whoever asks again soon: more than run at once.
_SIZE = 4  # Bytes of the length that stands before a value.
_SHORT = 64  # Characters of a text that is not worth being shared.
_SHARED, _TUPLE, _DICT = -1, -2, -3
_NOTHING = object()

T = TypeVar("T")


def spooled(values: Iterable[T]) -> Sequence[T]:
    """All values in order, to be gone over again: a tuple, or a `Spool` when there are many.

    Raises `StoreError` when the disk takes no more.
    """
    rest = iter(values)
    first = tuple(islice(rest, KEPT))
    after = next(rest, _NOTHING)
    if after is _NOTHING:
        return first
    spool = Spool(first)
    spool.append(after)  # type: ignore[arg-type] # It is no longer the mark of the end.
    for value in rest:
        spool.append(value)
    return spool


class Spool(Sequence[T]):
    """A sequence of frozen values; those after the first ones are on disk, 8 bytes in memory each.

    A value that is read is equal to the one that was appended. Parts that many values have in
    common, being the same object in the same place, are still one object. Fast when it is gone over
    in order. Not for several threads.
    """

    def __init__(self, first: tuple[T, ...] = ()) -> None:
        """`first` stay in memory."""
        self._first = first
        self._places = array("Q")
        self._shelf: _Shelf[T] = _Shelf(like=first[-1] if first else None)
        self._recent: dict[int, T] = {}

    def append(self, value: T) -> None:
        """Adds a value at the end; raises `StoreError` when the disk takes no more."""
        self._places.append(self._shelf.add(value))

    def __len__(self) -> int:
        return len(self._first) + len(self._places)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        if at < 0:
            at += len(self)
        if 0 <= at < len(self._first):
            return self._first[at]
        if at < 0 or at >= len(self):
            raise IndexError(at)
        found = self._recent.get(at, _NOTHING)
        if found is _NOTHING:
            found = self._recent[at] = self._shelf.load(self._places[at - len(self._first)])
            if len(self._recent) > _RECENT:
                del self._recent[next(iter(self._recent))]
        return found  # type: ignore[return-value] # `_NOTHING` has been replaced.


class Slots(Generic[T]):
    """Values by number from 0, of which those that were put last are in memory, others on disk.

    Each number takes 8 bytes in memory. A value that is changed must be put again.
    """

    def __init__(self) -> None:
        self._latest: dict[int, T] = {}
        self._places = array("Q")
        self._shelf: _Shelf[T] = _Shelf()

    def put(self, number: int, value: T) -> None:
        """Keeps a value in place of the one before; raises `StoreError` when the disk is full."""
        self._latest.pop(number, None)
        self._latest[number] = value
        if len(self._latest) > KEPT:
            oldest = next(iter(self._latest))
            self._write(oldest, self._latest.pop(oldest))

    def get(self, number: int) -> T | None:
        """The value of a number, None where there is none."""
        if number in self._latest:
            return self._latest[number]
        place = self._places[number] if number < len(self._places) else 0
        return self._shelf.load(place - 1) if place else None

    def _write(self, number: int, value: T) -> None:
        if (missing := number + 1 - len(self._places)) > 0:
            self._places.extend(repeat(0, missing))
        self._places[number] = self._shelf.add(value) + 1  # Of nothing the place is 0.


class _Shelf(Generic[T]):
    """Values in a temporary file, each found again by the place that it was given."""

    def __init__(self, like: T | None = None) -> None:
        self._packer = _Packer(like)
        self._file: IO[bytes] | None = None
        self._end = 0

    def add(self, value: T) -> int:
        data = pickle.dumps(self._packer.pack(value), protocol=5)
        place, size = self._end, len(data).to_bytes(_SIZE, "little")
        try:
            if self._file is None:
                self._file = _open()
                weakref.finalize(self, self._file.close)
            self._file.seek(place)
            self._file.write(size + data)
        except OSError as error:
            raise _full(error) from error
        self._end += _SIZE + len(data)
        return place

    def load(self, place: int) -> T:
        assert self._file is not None  # noqa: S101 - whoever has a place has added a value
        try:
            self._file.seek(place)
            data = self._file.read(int.from_bytes(self._file.read(_SIZE), "little"))
        except OSError as error:
            raise _full(error) from error
        packed = pickle.loads(data)  # noqa: S301 - nobody else can write to this file
        value: T = self._packer.unpack(packed)
        return value


def _open() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="agentops-", buffering=1 << 16)


def _full(error: OSError) -> StoreError:
    where = tempfile.tempdir or "the folder for temporary files"
    return StoreError(
        f"the temporary file of this run cannot be used: {error.strerror}",
        fix=f"free space in {where}, or set TMPDIR to a folder that has more",
    )


@dataclass(frozen=True, slots=True)
class _Class:
    """How values of a dataclass are taken apart and put together."""

    number: int
    kind: type
    parts_of: Callable[[Any], tuple[Any, ...]]
    setters: tuple[Callable[[Any, Any], None], ...]


class _Packer:
    """Dataclasses to plain tuples, which are pickled and read back several times as fast.

    A part is compared to what stands in the same place of the value before. Where that is the same
    object it is kept here, once and for all, and only its number is written: the assertions of
    defaults, the tools of a prompt, a judge, a long text. There are only as many of those as an
    author wrote.
    """

    def __init__(self, like: object) -> None:
        self._last = like
        self._shared: list[object] = []
        self._numbers: dict[int, int] = {}
        self._classes: dict[type, _Class | None] = {}
        self._by_number: list[_Class] = []

    def pack(self, value: object) -> Any:
        """The value without any object in it of a class of ours; every tuple has a mark."""
        packed = self._pack(value, self._last)
        self._last = value
        return packed

    def unpack(self, packed: Any) -> Any:
        """The value again."""
        if type(packed) is not tuple:
            return packed
        mark, parts = packed
        shared = self._shared
        if mark >= 0:
            found = self._by_number[mark]
            value: Any = object.__new__(found.kind)
            for put, part in zip(found.setters, parts, strict=True):
                if type(part) is not tuple:
                    put(value, part)
                elif part[0] == _SHARED:  # Most of them are: a call for each would be felt.
                    put(value, shared[part[1]])
                else:
                    put(value, self.unpack(part))
            return value
        if mark == _SHARED:
            return shared[parts]
        if mark == _TUPLE:
            return tuple(map(self.unpack, parts))
        return {key: self.unpack(part) for key, part in parts.items()}

    def _pack(self, value: Any, before: Any) -> Any:
        kind = type(value)
        if kind in _ATOMS or (kind is str and len(value) < _SHORT):
            return value
        number = self._numbers.get(id(value))
        if number is None and value is before:
            number = self._share(value)
        if number is not None:
            return (_SHARED, number)
        if kind is tuple:
            olds: Iterable[Any] = chain(before if type(before) is tuple else (), repeat(None))
            return (_TUPLE, self._pack_each(value, olds))
        if kind is dict:
            return self._pack_dict(value, before if type(before) is dict else {})
        known = self._classes[kind] if kind in self._classes else self._learn(kind)
        if known is None:
            return value
        olds = known.parts_of(before) if type(before) is kind else repeat(None)
        return (known.number, self._pack_each(known.parts_of(value), olds))

    def _pack_each(self, parts: Iterable[Any], olds: Iterable[Any]) -> list[Any]:
        return [
            part if type(part) in _ATOMS else self._pack(part, old)
            for part, old in zip(parts, olds, strict=False)
        ]

    def _pack_dict(self, value: dict[Any, Any], before: dict[Any, Any]) -> Any:
        """As it is, if all of its values are; lists hold nothing but JSON and are left alone."""
        packed = {key: self._pack(part, before.get(key)) for key, part in value.items()}
        return (_DICT, packed) if any(type(part) is tuple for part in packed.values()) else value

    def _share(self, value: object) -> int:
        # It is kept, so that its id stays its own.
        self._numbers[id(value)] = len(self._shared)
        self._shared.append(value)
        return len(self._shared) - 1

    def _learn(self, kind: type) -> _Class | None:
        """How to take values of a class apart; None for one that pickle is left to deal with."""
        found: _Class | None = None
        if is_dataclass(kind):
            names = [field.name for field in fields(kind)]
            get = attrgetter(*names)
            found = _Class(
                number=len(self._by_number),
                kind=kind,
                parts_of=get if len(names) > 1 else lambda value: (get(value),),
                setters=tuple(getattr(kind, name).__set__ for name in names),
            )
            self._by_number.append(found)
        self._classes[kind] = found
        return found


_ATOMS = frozenset({int, float, bool, type(None)})
