"""Courses of drugs that raise counts: G-CSF, immunoglobulins, corticosteroids."""

from dataclasses import dataclass

import numpy as np

from ain_analytics.synthetic.arrays import NEVER, Bools, Generator, Ints, draw_labels, happens
from ain_analytics.synthetic.children import AUTOIMMUNE, Children
from ain_analytics.synthetic.natural_history import NaturalHistory

GCSF = "L03AA02"


@dataclass(frozen=True, slots=True, eq=False)
class Boosts:
    """Courses of every child: one row per child, one column per course; no course begins on `NEVER`."""

    start: Ints
    end: Ints
    agent: Ints
    works: Bools
    after_effect_days: int
    check_days: int

    def acts_on(self, child: Ints, day: Ints) -> Bools:
        """Tell whether a course that works acts on a child's day."""
        start, end = self.start[child], self.end[child] + self.after_effect_days
        acts: Bools = np.any(self.works[child] & (start <= day[:, None]) & (day[:, None] <= end), axis=1)
        return acts

    def next_check(self, child: Ints, day: Ints) -> Ints:
        """Give the day of the next count that looks for an effect, after a child's day."""
        check = self.start[child] + self.check_days
        soonest: Ints = np.min(np.where(check > day[:, None], check, NEVER), axis=1)
        return soonest


def draw_boosts(children: Children, parameters: NaturalHistory, rng: Generator) -> Boosts:
    """Draw short courses of autoimmune children, and the lasting G-CSF of congenital ones."""
    care, n = parameters.care, len(children)
    shape = (n, care.most_courses)
    treated = children.is_of(*AUTOIMMUNE) & happens(rng, care.course_share, n)
    wanted = treated[:, None] & (
        np.arange(care.most_courses) < rng.integers(1, care.most_courses + 1, n)[:, None]
    )
    until = np.minimum(children.resolution, children.detected + care.course_wait_days)
    start = children.detected[:, None] + np.floor(
        rng.random(shape) * (until - children.detected)[:, None]
    ).astype(np.int64)
    start = np.where(wanted, start, NEVER)
    agent = np.broadcast_to(draw_labels(rng, care.agents, n)[:, None], shape).copy()
    end = np.where(wanted, start + rng.integers(*care.course_days, shape, endpoint=True) - 1, NEVER)
    works = rng.random(shape) < np.array(care.responses)[agent]

    lasting = children.is_of("congenital") & happens(rng, care.lasting_gcsf_share, n)
    begins = children.detected + rng.integers(*care.lasting_gcsf_days, n)
    start[:, 0] = np.where(lasting, begins, start[:, 0])
    end[:, 0] = np.where(lasting, NEVER, end[:, 0])
    agent[lasting, 0] = [code for code, _ in care.agents].index(GCSF)
    works[lasting, 0] = True
    return Boosts(start, end, agent, works, care.after_effect_days, care.check_days)
