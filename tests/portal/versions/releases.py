"""Versions of the model for tests, on the classes of the small world."""

from datetime import UTC, datetime

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.training import document, services
from portal.versions import services as versions
from portal.versions.models import ModelVersion
from portal.versions.queries import classes_of
from portal.versions.services import make_version
from tests.portal.training import documents

TERRESTRIS, IMPATIENS, SARCOPHAGA, GRISEOCOLLIS = 57516, 118970, 120489, 120215
UNKNOWN = 999_999_999

#: taxon: test photos, named right
FIRST = {TERRESTRIS: (25, 5), IMPATIENS: (25, 20), SARCOPHAGA: (25, 15)}
#: terrestris is known better, impatiens about as well, Sarcophaga is lost, griseocollis gained.
SECOND = {TERRESTRIS: (50, 46), IMPATIENS: (25, 21), GRISEOCOLLIS: (25, 10)}
#: Two photos of terrestris and ten of griseocollis are taken for another of the genus.
CONFUSED = ((TERRESTRIS, IMPATIENS, 2), (GRISEOCOLLIS, IMPATIENS, 9), (GRISEOCOLLIS, TERRESTRIS, 1))


def results(taxa, confusions=()):
    """A document with these."""
    recorded = documents.document(
        taxa=[
            {
                "taxon_id": taxon_id,
                "images": images,
                "top1": right / images if images else 0,
                "top5": 1.0,
                "mean_true_probability": 0.5,
            }
            for taxon_id, (images, right) in taxa.items()
        ],
        confusions=[
            {"true_taxon_id": true, "predicted_taxon_id": predicted, "count": count}
            for true, predicted, count in confusions
        ],
    )
    recorded["overall"] |= {
        "expected_calibration_error": 0.02,
        "expected_calibration_error_uncalibrated": 0.06,
    }
    return document.read(documents.stream(recorded), is_gzip=False)


def release(name, month, taxa, confusions=(), is_simulated=True) -> ModelVersion:
    """A version of that name, released on the first of that month of 2026."""
    digest = f"snapshot of {name}"
    return _release(name, name, digest, month, results(taxa, confusions), is_simulated=is_simulated)


def release_document() -> ModelVersion:
    """A version whose results are `documents.DOCUMENT`."""
    result = document.read(documents.stream(documents.DOCUMENT), is_gzip=False)
    return _release("v1", "first", "abc", 10, result, is_simulated=True)


def _release(name, key, digest, month, found, *, is_simulated) -> ModelVersion:
    classes_of.cache_clear()
    token, _ = make_token("a trainer", Scope.TRAINER)
    run, _ = services.create_run(token.pk, key, digest, {}, is_simulated=is_simulated)
    services.take_results(run, found)
    run.refresh_from_db()
    return make_version(run, name, datetime(2026, month, 1, tzinfo=UTC))


def release_both():
    """Both versions, counted; gives them, the first one first."""
    both = release("v1", 3, FIRST), release("v2", 9, SECOND, CONFUSED)
    assert versions.compare_versions() == 2
    return both
