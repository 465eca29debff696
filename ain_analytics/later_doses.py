"""Ratios of rates where exposures after the event depend on it: Farrington, Whitaker and Hocine 2009."""

import numpy as np
from scipy import optimize

from ain_analytics.errors import EmptyStratum
from ain_analytics.rates import (
    CLOSE,
    RUNS_AWAY,
    Floats,
    Ints,
    WithinChild,
    centred,
    child_scores,
    information,
    inverse,
    roots,
    shares,
    spread,
    sums,
    within_child,
)

STILL = 1e-10
"""The search ends where no coefficient moves further."""


def without_later(
    child: Ints, stratum: Ints, events: Ints, time: Floats, terms: Floats, now: Floats
) -> WithinChild:
    """Compare the time after each exposure as it would be if none came later.

    Parameters
    ----------
    child, stratum : arrays, one value per row
        Rows of a stratum are compared: the time after one exposure up to a day that was fixed then. Strata
        of a child may overlap.
    events, time : arrays, one value per row
    terms : array, rows by terms
        What the rate depends on with the stratum's own exposure and none after it.
    now : array, rows by terms
        What it depends on with the exposures that the child truly had up to the row.

    Returns
    -------
    WithinChild
        Its `errors` are those of its children's scores too.

    Raises
    ------
    EmptyStratum
        As for `within_child`, or the weights have no end.

    Notes
    -----
    After an event, exposures may be postponed, so nothing may rest on what a child got later: neither the
    length of its time nor its windows. Before the event exposures are what they are, and an event that falls
    after a later exposure is counted with the weight of its rate without that exposure to its rate with it
    [1]_. The expected sum of such weights is what would happen without later exposures, whoever gets them.
    Weights depend on the ratios, so both are found together, from the fit without weights on; limits heed
    that the weights are estimated.

    References
    ----------
    .. [1] Farrington, Whitaker and Hocine 2009, doi:10.1093/biostatistics/kxn013.
    """
    plain = within_child(stratum, events, time, terms)
    told = ~np.isnan(plain.coefficients)
    differs = terms - now
    has_event = np.bincount(stratum, events)[stratum] > 0
    kept = has_event & ~(terms[:, ~told] != 0).any(axis=1)
    weighed = events * ~(differs[:, ~told] != 0).any(axis=1)
    place = np.unique(stratum[kept], return_inverse=True)[1]
    x, differs, log_time, y = terms[kept][:, told], differs[kept][:, told], np.log(time[kept]), weighed[kept]

    def at(b: Floats) -> tuple[Floats, Floats, Floats]:
        """Give the scores of the strata, how their sum falls with the coefficients, and the weights."""
        weight = y * np.exp(differs @ b)
        total: Floats = np.bincount(place, weight).astype(float)
        left = centred(x, shares(x, log_time, place, b), place)
        falls = information(x, log_time, place, total, b) - (weight[:, None] * left).T @ differs
        return child_scores(weight, x, log_time, place, total, b), falls, weight

    with np.errstate(all="ignore"):
        end = optimize.root(
            lambda b: at(b)[0].sum(axis=0), plain.coefficients[told], jac=lambda b: -at(b)[1], tol=STILL
        )
    scores, falls, weight = at(end.x)
    if not np.abs(scores.sum(axis=0)).max(initial=0.0) <= CLOSE * weight.sum():
        raise EmptyStratum("later exposures", "the events do not tell the exposures apart")
    owner = np.zeros(len(scores), dtype=np.int64)
    owner[place] = np.unique(child[kept], return_inverse=True)[1]
    found, errors = (np.full(told.size, np.nan) for _ in range(2))
    found[told] = np.where(np.abs(end.x) > RUNS_AWAY, np.nan, end.x)
    errors[told] = roots(spread(sums(owner, scores), inverse(falls)))
    n = np.unique(child[kept][y > 0]).size
    return WithinChild(found, errors, errors, n_children=n, n_events=n)
