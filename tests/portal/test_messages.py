"""Messages in the reader's language."""

import ast
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from exporter.messages import parts, plain
from portal.messages import TEXTS, english, message, rendered
from tests.exporter.test_messages import values_of
from tools.catalogue import is_translated, read
from tools.catalogue import messages as messages_of

PORTAL = Path(__file__).parents[2] / "portal"

#: Worked by hand: messages, in English and in Spanish.
WORKED = [
    ([message("dry_run")], "dry run", "ensayo"),
    (
        [message("disagree", against=1, of=3), message("maybe", taxon="Bombus griseocollis")],
        "1 of 3 identifications disagrees. It may be Bombus griseocollis.",
        "De 3 identificaciones, 1 en desacuerdo. Puede ser Bombus griseocollis.",
    ),
    (
        [message("overturned", n=678, of=12_345)],
        "678 of 12,345 reviewed labels of this taxon were overturned.",
        "Etiquetas revisadas de este taxón: 12\xa0345; corregidas: 678.",
    ),
    (
        [message("overturned", n=1, of=2)],
        "1 of 2 reviewed labels of this taxon was overturned.",
        "Etiquetas revisadas de este taxón: 2; corregidas: 1.",
    ),
    (
        [message("usual_turnover", added=3.46, lost=0.1)],
        "By the turnover before it, about 3.5 and 0.1 would be expected without a push.",
        "Según la renovación anterior, sin presión se esperarían alrededor de 3,5 y 0,1.",
    ),
    (
        [message("photos_differ", most=0.02, chance=0.6)],
        "Photos per class differ by 0.020 at most (Kolmogorov-Smirnov, p = 0.6). Without a push classes grow"
        " slowly, and p is close to 1.",
        "Las fotos por clase difieren en 0,020 como mucho (Kolmogórov-Smirnov, p = 0,6). Sin presión las"
        " clases crecen despacio y p se acerca a 1.",
    ),
    (
        [message("recounted", taxon=118970, observations=1)],
        "Re-count of taxon 118970: 1 observation put right.",
        "Recuento del taxón 118970: 1 observación rectificada.",
    ),
    (plain("dry run; It may be {taxon}."), *["dry run; It may be {taxon}."] * 2),
    ([], "", ""),
    ([{"code": "of another version", "n": 3}], *["code: of another version, n: 3"] * 2),
]


@pytest.mark.parametrize(("told", "in_english", "in_spanish"), WORKED)
def test_messages_in_both_languages(told, in_english, in_spanish):
    assert (english(told), rendered(told)) == (in_english, in_english)
    with translation.override("es"):
        assert rendered(told) == in_spanish


@given(st.data())
def test_any_message_is_rendered_in_both_languages(data):
    code = data.draw(st.sampled_from(sorted(TEXTS)))
    one = message(code, **data.draw(st.fixed_dictionaries(values_of(TEXTS[code]))))
    for language in ("en", "es"):
        with translation.override(language):
            words = rendered([one])
        names = [value for name, value in one.items() if name != "code" and isinstance(value, str)]
        assert [name for name in names if name not in words] == []


def test_every_text_has_spanish_in_both_forms_and_a_number_for_its_plural():
    known = {each.id: each for each in messages_of(read("es"))}
    ids = {code: (text.one, text.many) if text.many else text.one for code, text in TEXTS.items()}
    assert [code for code, each in ids.items() if not is_translated(known[each])] == []
    assert [code for code, text in TEXTS.items() if bool(text.many) != bool(text.count)] == []
    assert [code for code, text in TEXTS.items() if text.many and text.count not in text.values] == []


def test_a_text_s_translations_name_its_values():
    known = {each.id: each.string for each in messages_of(read("es"))}
    wrong = []
    for code, text in TEXTS.items():
        spanish = known[(text.one, text.many) if text.many else text.one]
        for form in spanish if isinstance(spanish, tuple) else (spanish,):
            named = {(name, spec) for _words, name, spec in parts(form) if name}
            if named - {(name, spec) for _words, name, spec in parts(text.one) + parts(text.many) if name}:
                wrong.append(code)
    assert wrong == []


#: What regular expressions of the portal read, each by its module: addresses, numbers, Markdown; no sentence.
READERS = {
    "api/bodies.py", "api/middleware.py", "api/parameters.py", "environment.py", "home/methods.py",
    "hotspots/wording.py", "languages.py", "middleware.py", "reports.py", "text.py",
}  # fmt: skip


def test_no_regular_expression_reads_a_sentence():
    """Who reads anything by a regular expression is named above, and handles no messages."""
    readers, both = set(), set()
    for path in PORTAL.rglob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        if {"re", "regex"} & imported:
            readers.add(str(path.relative_to(PORTAL)))
            if {"portal.messages", "exporter.messages"} & imported:
                both.add(path.name)
    assert (readers, both) == (READERS, set())
