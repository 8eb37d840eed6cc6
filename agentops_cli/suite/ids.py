"""Which ids of very many came twice, at 8 bytes each."""

from array import array
from collections import Counter
from collections.abc import Set as AbstractSet

_BUCKETS = 256


class Ids:
    """Remembers the hash of each id. Whether two ids of one hash are the same, the cases tell."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(_BUCKETS)]

    def add(self, name: str) -> None:
        """Takes the next id in."""
        mark = hash(name)
        self._buckets[mark % _BUCKETS].append(mark)

    def suspects(self) -> AbstractSet[int]:
        """The hashes that came more than once; looked for bucket by bucket, so that it is small."""
        found: set[int] = set()
        for bucket in self._buckets:
            if len(set(bucket)) < len(bucket):
                found.update(mark for mark, times in Counter(bucket).items() if times > 1)
        return found
