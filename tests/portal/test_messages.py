"""Stored sentences in the reader's language."""

import pytest
from django.utils import translation

from portal.messages import SENTENCES, is_known, retold

SPANISH = [
    ("dry run", "ensayo"),
    (
        "Of 3 identifications 1 disagree. It may be Bombus griseocollis.",
        "De 3 identificaciones, 1 en desacuerdo. Puede ser Bombus griseocollis.",
    ),
    ("A trained model takes it for another taxon.", "Un modelo entrenado la toma por otro taxón."),
    (
        "Of 12,345 reviewed labels of this taxon 678 were overturned.",
        "De 12\xa0345 etiquetas revisadas de este taxón, 678 corregidas.",
    ),
    (
        "By the turnover before it, about 3.5 and 0.1 would be expected without a push.",
        "Según la renovación anterior, sin presión se esperarían alrededor de 3,5 y 0,1.",
    ),
    (
        "No identification of it is known. A word of our own.",
        "No se conoce ninguna identificación de ella. A word of our own.",
    ),
    ("Released by hand; looks fine.", "Released by hand; looks fine."),
    ("", ""),
]


@pytest.mark.parametrize(("text", "spanish"), SPANISH)
def test_known_sentences_are_told_anew_and_others_stay(text, spanish):
    assert retold(text) == text
    with translation.override("es"):
        assert retold(text) == spanish


def test_no_sentence_hides_another():
    """Each sentence is found by its own pattern, not by one that stands before it."""
    with translation.override("en"):
        assert [sentence for sentence in SENTENCES if not is_known(sentence)] == []
