"""The children as a registry describes them."""

import numpy as np
import polars as pl

from ain_analytics.synthetic.arrays import NEVER, Generator, Ints, day_text, draw_labels, happens, label_text
from ain_analytics.synthetic.children import Children
from ain_analytics.synthetic.natural_history import NaturalHistory
from ain_analytics.synthetic.visits import Visits

SEX = ("female", "male", "unknown")
FEMALE, MALE, NO_SEX = range(3)
DUFFY = ("null", "positive", "unknown")
NULL, POSITIVE, UNKNOWN, NOT_SAID = 0, 1, 2, -1


def patients(
    children: Children, visits: Visits, site: Ints, parameters: NaturalHistory, rng: Generator
) -> pl.DataFrame:
    """Describe every child as registries do, with gaps: child, day (of birth), the other columns as text."""
    said, n = parameters.description, len(children)
    has_trait = children.is_of("duffy_null_associated")
    words = list(dict.fromkeys(name for name, _ in (*said.ancestry, *said.duffy_null_ancestry)))
    of_others, of_trait = (
        np.array([words.index(name) for name, _ in shares])[draw_labels(rng, shares, n)]
        for shares in (said.ancestry, said.duffy_null_ancestry)
    )
    ancestry = np.where(has_trait, of_trait, of_others)
    is_tested = happens(rng, np.where(has_trait, said.duffy_tested_share_of_null, said.duffy_tested_share), n)
    not_tested = np.where(happens(rng, said.duffy_unknown_share, n), UNKNOWN, NOT_SAID)
    duffy = np.where(is_tested, np.where(has_trait, NULL, POSITIVE), not_tested)
    drawn = np.rint(said.weeks_mean + said.weeks_sigma * rng.standard_normal(n))
    weeks = np.clip(drawn, *said.weeks_range).astype(np.int64)
    sex = np.where(children.is_girl, FEMALE, MALE)
    died = _known_death(children, visits)
    contact = np.minimum(np.maximum(visits.last_on, children.enrolled), died)
    return pl.DataFrame(
        {
            "child": np.arange(n),
            "day": children.born,
            "sex": label_text(SEX, np.where(happens(rng, said.unknown_sex_share, n), NO_SEX, sex)),
            "ancestry": label_text(words, np.where(happens(rng, said.no_ancestry_share, n), -1, ancestry)),
            "duffy_status": label_text(DUFFY, duffy),
            "gestational_weeks": label_text(
                [str(w) for w in range(said.weeks_range[1] + 1)],
                np.where(happens(rng, said.weeks_share, n), weeks, -1),
            ),
            "enrolled_on": day_text(children.enrolled),
            "last_contact_on": day_text(
                np.where(happens(rng, said.contact_share, n) | (died < NEVER), contact, NEVER)
            ),
            "died_on": day_text(died),
            "site": label_text([name for name, _ in parameters.disorder.sites], site),
        }
    )


def _known_death(children: Children, visits: Visits) -> Ints:
    """Give the days of death that the registry knows: of children who still came, before the extract."""
    still_came = visits.dropped_out_on == NEVER
    return np.where(still_came & (children.died <= visits.closes), children.died, NEVER)
