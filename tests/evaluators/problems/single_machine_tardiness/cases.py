"""Small instances, and their optimum by dynamic programming over sets of jobs."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


@st.composite
def instances(draw, most_jobs=8):
    """Processing times and due dates, some with many ties."""
    jobs = draw(st.integers(1, most_jobs))
    longest = draw(st.sampled_from([1, 3, 10, 100]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    length = rng.integers(1, longest, jobs, endpoint=True)
    latest = int(length.sum() * draw(st.sampled_from([0.0, 0.5, 0.8, 1.2])))
    return length, rng.integers(0, latest, jobs, endpoint=True)


def least_by_sets(length, due):
    """The least total tardiness: some job is last of every set (Held and Karp 1962)."""
    jobs = len(length)
    end = np.zeros(2**jobs, dtype=np.int64)
    least = np.zeros(2**jobs, dtype=np.int64)
    for size in range(jobs):  # sets whose highest job is `size`
        half = 1 << size
        end[half : 2 * half] = end[:half] + length[size]
    for members in range(1, 2**jobs):
        least[members] = min(
            least[members & ~(1 << j)] + max(0, end[members] - due[j])
            for j in range(jobs)
            if members >> j & 1
        )
    return int(least[-1])
