"""A taxon in a sentence: in the current model, in the next, and how many labels are wrong."""

import pytest

from portal.hotspots.models import Hotspot
from portal.taxa.models import Readiness, Status, Taxon
from portal.versions import wording
from portal.versions.queries.answers import Answer, answers
from tests.portal.hotspots.findings import CARNARIA, IMPATIENS
from tests.portal.taxa.test_views import words
from tests.portal.versions.releases import release_document

CRITERIA = "inat-2022"


def said(is_current, status, labels=0, wrong=0.0):
    row = Readiness(status=status) if status else None
    hotspot = Hotspot(labels=labels, expected_wrong=wrong) if labels else None
    return wording.answer(Answer(Taxon(), is_current, row, hotspot))


@pytest.mark.parametrize(
    ("is_current", "status", "sentence"),
    [
        (True, Status.LEAF, "It is in the current model, and in the next as things stand."),
        (True, Status.SHORT, "It is in the current model, but not in the next as things stand."),
        (False, Status.LEAF, "It is not in the current model, but in the next as things stand."),
        (False, Status.DROPPED, "It is in neither the current model nor, as things stand, the next."),
        (None, Status.LEAF, "As things stand, it is in the next model."),
        (None, Status.ROLLED_UP, "As things stand, it is not in the next model."),
    ],
)
def test_the_first_sentence_is_about_the_models(is_current, status, sentence):
    assert said(is_current, status) == f"{sentence} No wrong labels stand out."


def test_what_is_no_class_for_good_says_why():
    assert said(True, Status.COVERED, 40, 10) == "The model names taxa within it, not itself."
    assert said(True, None) == ("It is in the current model. The data here hold no usable observation of it.")
    assert said(None, None) == "The data here hold no usable observation of it."


@pytest.mark.parametrize(
    ("labels", "wrong", "sentence"),
    [
        (540, 61.4, "About 1 in 9 labels is probably wrong (about 61 of 540)."),
        (40, 10, "About 1 in 4 labels is probably wrong (about 10 of 40)."),
        (30, 20, "About 1 in 2 labels is probably wrong (about 20 of 30)."),
        (30, 21, "Most labels are probably wrong (about 21 of 30)."),
    ],
)
def test_the_second_is_about_wrong_labels(labels, wrong, sentence):
    assert said(True, Status.LEAF, labels, wrong).endswith(f"as things stand. {sentence}")


def test_pages_and_searches_say_the_same(hotspots, client, django_assert_max_num_queries):
    release_document()
    said_of = (
        "It is in the current model, and in the next as things stand. About 1 in 9 labels is probably wrong"
    )
    page = words(client.get(f"/taxa/{IMPATIENS}/"))
    assert said_of in page
    assert "(about 61 of 540). Check 30 (Bombus impatiens)" in page
    assert said_of in words(client.get("/search/?q=bombus impatiens"))
    taxa = list(Taxon.objects.all())
    with django_assert_max_num_queries(4):
        found = {item.taxon.id: item for item in answers(taxa, CRITERIA, None)}
    assert (found[IMPATIENS].is_current, found[IMPATIENS].row.status) == (True, "leaf")
    assert (found[CARNARIA].hotspot.labels, found[48460].hotspot) == (30, None)
