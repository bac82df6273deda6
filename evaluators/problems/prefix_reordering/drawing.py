"""Tables drawn from a random generator: what the four families of workloads are made of.

Every family is a join, as a query gives it: rows draw things (a product, a host) by popularity, and
all that is known of a thing comes with it, so its number determines its name, and so on. Fields
then stand in random order; rows in the order of one thing or in none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SYLLABLES = (
    "al an ar be ca chi da de el en fo ga har in ka la le lo ma mi mon na ne no or pa per ra re ri"
    " ro sa san se sha so ta te ter ti to tra u va ver vi wa win yo za"
).split()
VOCABULARY = 500  # words of a table
Column = Sequence[str]


@dataclass(frozen=True)
class Drawer:
    """Draws columns of `rows` texts."""

    rng: np.random.Generator
    rows: int
    skew: float

    @cached_property
    def vocabulary(self) -> list[str]:
        """Words of one to four syllables."""
        sizes = self.rng.integers(1, 4, VOCABULARY, endpoint=True).tolist()
        syllable = iter(self.rng.integers(0, len(SYLLABLES), sum(sizes)).tolist())
        return ["".join(SYLLABLES[next(syllable)] for _ in range(size)) for size in sizes]

    def words(self, least: int, most: int) -> str:
        """`least` to `most` words."""
        chosen = self.rng.integers(0, VOCABULARY, self.rng.integers(least, most, endpoint=True))
        return " ".join([self.vocabulary[i] for i in chosen.tolist()])

    def names(self, count: int, least: int = 1, most: int = 3) -> list[str]:
        """That many texts of words; some may be equal."""
        return [self.words(least, most) for _ in range(count)]

    def picks(self, count: int) -> np.ndarray:
        """int64[rows]: for every row one of `count` things, by popularity."""
        weight = np.arange(1, count + 1) ** -self.skew
        return self.rng.choice(count, self.rows, p=weight / weight.sum())

    def some(self, of: Sequence[str]) -> Column:
        """A column of its own: texts by popularity, the order of `of`."""
        return told(of, self.picks(len(of)))

    def numbers(self, least: int, most: int, pattern: str = "{}") -> Column:
        """A column of its own: whole numbers in a text, uniform."""
        return [pattern.format(n) for n in self.rng.integers(least, most, self.rows)]

    def a_share(self, share: float) -> int:
        """That share of the rows, at least 2."""
        return max(2, round(share * self.rows))


def told(texts: Sequence[str], of: np.ndarray) -> Column:
    """The column of a thing's property."""
    return [texts[i] for i in of.tolist()]


def _reviews(d: Drawer) -> dict[str, Column]:
    """Ratings of items by people, as in the public table of beers."""
    count = d.a_share(0.08)
    item = d.picks(count)
    style = told(d.names(8), d.rng.integers(0, 8, count))
    return {
        "user": d.some(d.names(d.a_share(0.3), 1, 1)),
        "time": d.numbers(1_100_000, 1_200_000, "{}00"),
        "overall": d.numbers(6, 20, "{}/20"),
        "taste": d.numbers(2, 11, "{}/10"),
        "palate": d.numbers(1, 6, "{}/5"),
        "name": told(d.names(count, 2, 5), item),
        "style": told(style, item),
        "id": told([str(n) for n in d.rng.integers(1, 70_000, count)], item),
    }


def _catalogue(d: Drawer) -> dict[str, Column]:
    """Texts of people about products that have long texts of their own."""
    count = d.a_share(0.15)
    product = d.picks(count)
    brand = told(d.names(d.a_share(0.03), 1, 2), d.rng.integers(0, d.a_share(0.03), count))
    return {
        "product": told(d.names(count, 3, 8), product),
        "description": told(d.names(count, 10, 25), product),
        "brand": told(brand, product),
        "asin": told([f"B00{n:06d}" for n in d.rng.integers(0, 10**6, count)], product),
        "review": d.names(d.rows, 5, 25),
        "rating": d.numbers(1, 6, "{}.0"),
        "verified": d.some(("true", "false")),
    }


def _tickets(d: Drawer) -> dict[str, Column]:
    """Many fields of few values, of which none determines another."""
    fields: dict[str, Column] = {
        f"field {i}": d.some(d.names(int(count), 1, 4))
        for i, count in enumerate(d.rng.integers(2, 12, 7))
    }
    return {
        "id": d.numbers(10_000, 100_000, "T-{}"),
        "queue": d.some(d.names(d.a_share(0.1), 1, 2)),
        "opened": d.numbers(1, 29, "2024-03-{:02d}"),
        **fields,
    }


def _events(d: Drawer) -> dict[str, Column]:
    """Lines of a log, by host and by service: two things that know nothing of each other."""
    hosts, services = d.a_share(0.1), d.a_share(0.05)
    host, service = d.picks(hosts), d.picks(services)
    zone = told(d.names(4, 1, 1), d.rng.integers(0, 4, hosts))
    return {
        "host": told([f"host-{n:04d}.{z}" for n, z in enumerate(zone)], host),
        "zone": told(zone, host),
        "image": told(d.names(hosts, 2, 6), host),
        "service": told(d.names(services, 1, 3), service),
        "team": told(d.names(services, 1, 2), service),
        "level": d.some(("INFO", "WARNING", "ERROR")),
        "message": d.some(d.names(d.a_share(0.2), 3, 9)),
        "time": d.numbers(0, 86_400, "2024-03-01T{:05d}"),
    }


FAMILIES: dict[str, Callable[[Drawer], dict[str, Column]]] = {
    "reviews": _reviews,
    "catalogue": _catalogue,
    "tickets": _tickets,
    "events": _events,
}


def draw_cells(family: str, rng: np.random.Generator, rows: int, skew: float) -> list[list[str]]:
    """The rows of a table of that family, as texts."""
    columns = list(FAMILIES[family](Drawer(rng, rows, skew)).values())
    shuffled = [columns[i] for i in rng.permutation(len(columns))]
    cells = [list(row) for row in zip(*shuffled, strict=True)]
    if rng.random() < 0.5:
        first = int(rng.integers(len(shuffled)))
        cells.sort(key=lambda row: row[first])
    return cells
