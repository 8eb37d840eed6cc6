"""Memory does not grow with trials; `python -m benchmarks.memory` shows the same at full size."""

import pytest

from benchmarks.memory import FORMS, peak_of

SMALL, LARGE = 1_000, 5_000


@pytest.mark.parametrize("form", FORMS)
def test_memory_does_not_grow_with_trials(form: str) -> None:
    """Of cases and trials that live through the run, 4,000 more take 16 MB more."""
    small = peak_of(form, SMALL, kept=100)
    large = peak_of(form, LARGE, kept=100)
    assert large.megabytes <= 1.08 * small.megabytes
