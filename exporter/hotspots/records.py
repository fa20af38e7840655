"""A lake by a time, as the searches by all rules read it: once, for all that does not depend on the rule."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property

import duckdb
import numpy as np

from exporter.columns import numbered
from exporter.criteria import Criteria
from exporter.hotspots.chances import Cases
from exporter.hotspots.crowd import Crowd, count_crowd
from exporter.hotspots.evidence import Reviews as ReviewCounts
from exporter.hotspots.evidence import count_reviews
from exporter.hotspots.exported import Drawable, Usable, confirmed_by, draw, read_usable
from exporter.hotspots.history import History, read_history, read_rows
from exporter.hotspots.observed import Observed, read_observed
from exporter.hotspots.predictors import describe
from exporter.hotspots.reviews import Reviews, find_reviews
from exporter.hotspots.standing import Standing
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.readiness import Assessment, assess, usable_sql
from exporter.tree import Bools, Ints, Tree


@dataclass(frozen=True)
class Said:
    """What identifications say, whatever the rule: their history, their reviews, the labels reviewed.

    counted:      how many reviews there are.
    cases:        the labels with their reviews; one is overturned as `Reviews.is_overturned` says.
    case_label:   of each case, the label.
    is_suggested: of each case, the label came from a suggestion.
    """

    history: History
    crowd: Crowd
    reviews: Reviews
    counted: ReviewCounts
    cases: Cases
    case_label: Ints
    is_suggested: Bools


class Records:
    """What a lake holds by a time. Each part is read when it is first asked for.

    con: a connection with the lake's views taxa, observations, photos, identifications.
    at:  a time with a zone; None for now.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, at: datetime | None) -> None:
        self.con = con
        self.at = at
        self._taxonomy: Taxonomy | None = None
        self._said: Said | None = None
        self._usable: Usable | None = None

    @cached_property
    def observed(self) -> Observed:
        """Return what is known of the observations beside their identifications."""
        return read_observed(self.con, self.at)

    @cached_property
    def names(self) -> dict[int, str]:
        """Return the scientific name of every taxon by id."""
        return dict(self.con.execute("SELECT taxon_id, name FROM taxa").fetchall())

    def drawable(
        self, criteria: Criteria, assessment: Assessment | None = None
    ) -> tuple[Drawable, Assessment]:
        """Return the observations that the next export could draw, and which taxa are classes.

        assessment: the latter, where it is known already.
        """
        if self._usable is None or self.at is not None:
            usable, assessment = read_usable(self.con, criteria, self.at, assessment)
        else:
            usable = confirmed_by(self.con, criteria, self._usable)
            assessment = assessment or assess(self.con, criteria, f"({usable_sql(criteria)})")
        self._usable = usable
        return draw(usable, criteria, assessment), assessment

    def taxonomy(self, tree: Tree) -> Taxonomy:
        """Return the taxonomy over the positions of a tree."""
        if self._taxonomy is None or not tree.is_same(self._taxonomy.tree):
            self._taxonomy, self._said = read_taxonomy(self.con, tree), None
        return self._taxonomy

    def said(self, taxonomy: Taxonomy) -> Said:
        """Return what identifications say, over the positions of a tree."""
        if self._said is None or taxonomy is not self._taxonomy:
            self._taxonomy, self._said = taxonomy, self._say(taxonomy)
        return self._said

    def _say(self, taxonomy: Taxonomy) -> Said:
        rows = read_rows(self.con, self.at)
        counted = count_reviews(self.observed, rows)
        history = read_history(self.con, taxonomy, rows)
        del rows  # as large as the history
        crowd = count_crowd(self.observed, taxonomy, history)
        reviews = find_reviews(history, taxonomy)
        size = np.int64(max(len(taxonomy.tree), 1))
        keys, case = numbered(reviews.observation * size + reviews.label)
        first = np.empty(len(keys), dtype=np.int64)
        first[case[::-1]] = np.arange(len(case))[::-1]  # of several, what is written last stays
        observation, label = keys // size, keys % size
        known = _take(reviews.standing, first)
        place = crowd.places(history.observation_ids[observation])
        cases = Cases(
            predictors=describe(taxonomy, crowd, place, label, known),
            observation=observation,
            case=case,
            person=reviews.reviewer,
            family=taxonomy.family[reviews.label],
            is_overturned=reviews.is_overturned,
            is_aided=history.is_vision[reviews.place],
        )
        return Said(history, crowd, reviews, counted, cases, label, known.is_suggested)


def _take(whole: Standing, rows: Ints) -> Standing:
    return Standing(*(getattr(whole, field.name)[rows] for field in fields(whole)))
