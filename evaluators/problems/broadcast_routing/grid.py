"""Grids of regions, drawn: what a GB costs between any two, and what a link carries.

Prices follow the rules of the three providers' price lists, which the published grid (71 regions,
November 2022) follows link by link: they hang on the provider, the continents of both ends and,
outside of Europe and North America, on the region. Throughput is log-normal around the medians of
that grid, by provider and by whether a link stays on its continent. README.md compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PROVIDERS = ("aws", "azure", "gcp")
EGRESS_GBIT_S: Mapping[str, float] = {"aws": 5.0, "azure": 16.0, "gcp": 7.0}  # of one VM
INGRESS_GBIT_S: Mapping[str, float] = {"aws": 10.0, "azure": 16.0, "gcp": 16.0}
DEGRADED_SHARE, DEGRADED_GBIT_S = 0.03, (0.17, 0.3)  # of links from aws to gcp

# Regions of every provider by continent, as in the published grid. Jakarta (ID) stands apart: gcp
# charges as for Oceania for what comes from, or goes to, another continent.
Place = tuple[str, str]  # provider, continent
CONTINENTS = ("NA", "EU", "AS", "OC", "SA", "ME", "AF", "ID")
_PLACES = [(p, c) for p in PROVIDERS for c in CONTINENTS]
_NUM_REGIONS: Mapping[str, tuple[int, ...]] = {
    "aws": (5, 8, 7, 1, 1, 2, 1, 0),
    "azure": (7, 7, 3, 1, 1, 2, 1, 0),
    "gcp": (5, 6, 7, 2, 2, 1, 0, 1),
}
# $/GB of a region of aws: within the provider, out of it. Elsewhere one of these is drawn.
_AWS_USUAL = (0.02, 0.09)
_AWS_DEARER: Mapping[str, tuple[tuple[float, float], ...]] = {
    "AS": ((0.09, 0.12), (0.09, 0.114), (0.08, 0.126), (0.086, 0.1093), (0.1, 0.132)),
    "OC": ((0.098, 0.114),),
    "SA": ((0.138, 0.15),),
    "ME": ((0.085, 0.11), (0.1105, 0.117)),
    "AF": ((0.147, 0.154),),
}
_AZURE_USUAL = (0.05, 0.0875)  # to another continent, out of the provider
_AZURE_NEAR = 0.02  # within a continent of the usual prices
_AZURE_DEARER: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("AS", "OC", "ME", "AF"), (0.08, 0.12)),
    "SA": (0.16, 0.181),
}
_ASIA = ("AS", "ID")
_GCP_NEAR: Mapping[str, float] = {"NA": 0.01, "EU": 0.02}  # within a continent; else as to another
_GCP_ASIA, _GCP_FAR, _GCP_APART = 0.05, 0.08, 0.15
_GCP_OUT, _GCP_OUT_OCEANIA = 0.12, 0.19
_GCP_OUT_ASIA = (0.12, 0.12, 0.12, 0.12, 0.14, 0.14, 0.147, 0.19)

# Gbit/s of one VM from provider to provider: median and log spread on one continent, median and
# log spread between two, and the most.
_THROUGHPUT: Mapping[tuple[str, str], tuple[float, float, float, float, float]] = {
    ("aws", "aws"): (5.05, 0.05, 5.0, 0.06, 5.45),
    ("aws", "azure"): (5.1, 0.04, 5.05, 0.05, 5.67),
    ("aws", "gcp"): (5.2, 0.04, 5.1, 0.06, 5.6),
    ("azure", "aws"): (9.0, 0.25, 3.1, 0.5, 9.7),
    ("azure", "azure"): (18.0, 0.15, 13.9, 0.2, 27.7),
    ("azure", "gcp"): (14.5, 0.15, 6.2, 0.5, 33.0),
    ("gcp", "aws"): (7.2, 0.05, 6.15, 0.2, 8.4),
    ("gcp", "azure"): (7.5, 0.05, 8.3, 0.12, 9.06),
    ("gcp", "gcp"): (31.0, 0.1, 21.0, 0.25, 33.2),
}
NUM_REGIONS = sum(map(sum, _NUM_REGIONS.values()))


@dataclass(frozen=True, slots=True)
class Grid:
    """Regions and the links between them; throughput is that of one VM at either end."""

    provider: np.ndarray  # str[regions]
    price: np.ndarray  # float64[regions, regions], $/GB, 0 on the diagonal
    throughput: np.ndarray  # float64[regions, regions], Gbit/s, 0 on the diagonal


def draw_grid(
    rng: np.random.Generator, num_regions: Mapping[str, int] | None = None, slow_links: float = 0.0
) -> Grid:
    """A grid of so many regions of each provider; by default those of the published one.

    Continents are dealt out as they are published, or drawn by those numbers. Links slowed down
    with probability `slow_links` have a tenth of their throughput.
    """
    places = [(p, c) for p in PROVIDERS for c in _continents(rng, p, num_regions)]
    price, throughput = _draw_prices(rng, places), _draw_throughput(rng, places)
    for values in (price, throughput):
        np.fill_diagonal(values, 0.0)
    slowed = rng.random(throughput.shape) < slow_links
    return Grid(
        provider=np.array([provider for provider, _ in places]),
        price=price,
        throughput=np.round(np.where(slowed, 0.1, 1.0) * throughput, 3),
    )


def _continents(
    rng: np.random.Generator, provider: str, num_regions: Mapping[str, int] | None
) -> list[str]:
    usual = np.repeat(CONTINENTS, _NUM_REGIONS[provider])
    if num_regions is None:
        return [str(c) for c in usual]
    chosen = rng.choice(usual, num_regions.get(provider, 0), replace=False)
    return [str(c) for c in chosen]


def _draw_prices(rng: np.random.Generator, places: Sequence[Place]) -> np.ndarray:
    column = [_PLACES.index(place) for place in places]
    rows = [_PRICES[provider](rng, continent) for provider, continent in places]
    by_place = np.array([[price_to(*place) for place in _PLACES] for price_to in rows])
    return by_place[:, column]


PriceTo = Callable[[str, str], float]  # from provider and continent of the other end to $/GB


def _aws_prices(rng: np.random.Generator, continent: str) -> PriceTo:
    dearer = _AWS_DEARER.get(continent)
    inside, outside = dearer[int(rng.integers(len(dearer)))] if dearer else _AWS_USUAL
    return lambda provider, _: inside if provider == "aws" else outside


def _azure_prices(_: np.random.Generator, continent: str) -> PriceTo:
    far, outside = _AZURE_DEARER.get(continent, _AZURE_USUAL)
    near = far if continent in _AZURE_DEARER else _AZURE_NEAR

    def price_to(provider: str, other: str) -> float:
        if provider != "azure":
            return outside
        return near if other == continent else far

    return price_to


def _gcp_prices(rng: np.random.Generator, continent: str) -> PriceTo:
    is_asian = continent in _ASIA
    outside = float(rng.choice(_GCP_OUT_ASIA)) if is_asian else _GCP_OUT

    def price_to(provider: str, other: str) -> float:
        if provider != "gcp":
            return _GCP_OUT_OCEANIA if "OC" in (continent, other) else outside
        if is_asian and other in _ASIA:
            return _GCP_ASIA
        if other == continent:
            return _GCP_NEAR.get(continent, _GCP_FAR)
        return _GCP_APART if {continent, other} & {"OC", "ID"} else _GCP_FAR

    return price_to


_PRICES: Mapping[str, Callable[[np.random.Generator, str], PriceTo]] = {
    "aws": _aws_prices,
    "azure": _azure_prices,
    "gcp": _gcp_prices,
}


def _draw_throughput(rng: np.random.Generator, places: Sequence[Place]) -> np.ndarray:
    provider = np.array([PROVIDERS.index(p) for p, _ in places])
    continent = np.array([CONTINENTS.index(c) for _, c in places])
    table = np.array([[_THROUGHPUT[a, b] for b in PROVIDERS] for a in PROVIDERS])
    row = table[provider[:, None], provider]  # [regions, regions, 5]
    is_near = continent[:, None] == continent
    median, spread = (np.where(is_near, row[..., i], row[..., i + 2]) for i in (0, 1))
    usual = np.minimum(row[..., 4], median * np.exp(spread * rng.normal(size=median.shape)))
    degraded = rng.uniform(*DEGRADED_GBIT_S, size=median.shape)
    from_aws_to_gcp = (provider[:, None] == 0) & (provider == 2)
    is_degraded = from_aws_to_gcp & (rng.random(median.shape) < DEGRADED_SHARE)
    throughput: np.ndarray = np.where(is_degraded, degraded, usual)
    return throughput
