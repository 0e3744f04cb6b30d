"""Chance that repeats: the same seed gives the same company, the same lists in the same order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


def dice(*seed: object) -> random.Random:
    """A generator of its own for one purpose, named by `seed`."""
    return random.Random("/".join(map(str, seed)))  # noqa: S311  # a play, not a secret


def weighted(rng: random.Random, values: Sequence[T], cumulative: Sequence[float]) -> T:
    """One of `values`, as likely as its step in `cumulative`, which ends at 1."""
    point = rng.random()
    return next(value for value, upto in zip(values, cumulative, strict=True) if point < upto)


def cumulative(weights: Sequence[float]) -> tuple[float, ...]:
    """Running shares of `weights`; the last is 1 exactly."""
    total = sum(weights)
    shares = [upto / total for upto in accumulate(weights)]
    return (*shares[:-1], 1.0)
