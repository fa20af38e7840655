"""Common names in the reader's language: what pages show, what a search finds, what a refresh takes over."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from exporter.ingest import ingest
from exporter.lake import Lake
from portal.lake.queries import NAMED
from portal.refresh import services
from portal.taxa.models import Taxon, TaxonName
from portal.taxa.names import COLUMNS, EVERYBODYS, common_name, common_names, search_names, searched
from portal.taxa.queries import searching
from portal.taxa.queries.spelling import close_to
from portal.taxa.templatetags.leafline import called, second_name
from tests.portal.world import make_world

BOMBUS, IMPATIENS, TERRESTRIS = 52775, 118970, 57516

SPANISH = {BOMBUS: "abejorros", IMPATIENS: "Abejorro oriental común"}
HEADER = "id,vernacularName,language,locality,countryCode,source,lexicon,contributor,created\n"


@pytest.fixture
def world(db):
    """The small world, with two names in Spanish."""
    newest = make_world()
    for taxon in Taxon.objects.filter(id__in=SPANISH):
        taxon.common_name_es = SPANISH[taxon.id]
        taxon.save()
        listed = search_names(taxon.name, {"en": taxon.common_name, "es": taxon.common_name_es})
        own = [TaxonName(taxon=taxon, key=key, language=each) for key, each in listed if each == "es"]
        TaxonName.objects.bulk_create(own)
    newest.counts = {**newest.counts, NAMED: {"es": len(SPANISH)}}
    newest.save()
    return newest


def found(text, language):
    with translation.override(language):
        return [taxon.id for taxon in searching.search(text, limit=10)]


def test_every_language_of_the_portal_has_a_column():
    assert list(COLUMNS) == [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize(
    ("language", "name", "language_of_it"),
    [
        ("es", "Abejorro", "es"),
        ("es-MX", "Abejorro", "es"),
        ("en", "Bumble Bee", "en"),
        ("fr", "Bumble Bee", "en"),
        (None, "Bumble Bee", "en"),
    ],
)
def test_a_reader_sees_the_name_in_their_language_or_the_english_one(language, name, language_of_it):
    taxon = SimpleNamespace(common_name="Bumble Bee", common_name_es="Abejorro")
    with translation.override(language):
        assert common_name(taxon) == (name, language_of_it)


def test_without_a_name_in_the_language_the_english_one_is_marked_as_such(world):
    with translation.override("es"):
        assert called(Taxon.objects.get(id=TERRESTRIS)) == '<span lang="en">Buff-tailed Bumble Bee</span>'
        assert called(Taxon.objects.get(id=BOMBUS)) == "Abejorros"
        assert second_name(Taxon.objects.get(id=BOMBUS)) == '<i lang="la">Bombus</i>'
        assert str(Taxon.objects.get(id=BOMBUS)) == "abejorros"
        assert called(Taxon.objects.get(id=120489)) == '<i lang="la">Sarcophaga</i>'
    assert called(Taxon.objects.get(id=BOMBUS)) == "Bumble Bees"


def test_a_name_in_spanish_alone_is_not_shown_in_english(world):
    taxon = Taxon(name="Bombus", common_name_es="Abejorros", rank_level=20)
    assert called(taxon) == '<i lang="la">Bombus</i>'
    assert second_name(taxon) == ""


def test_a_search_knows_names_in_the_readers_language_in_english_and_in_latin(world):
    for text in ("abejorro", "oriental comun", "Común"):
        assert found(text, "es")[0] in SPANISH
        assert found(text, "en") == []
    for text in ("bumble bee", "impatiens"):
        assert IMPATIENS in found(text, "es")
        assert found(text, "en") == found(text, "es")


def test_what_is_named_exactly_so_in_the_readers_language_comes_first(world):
    Taxon.objects.filter(id=IMPATIENS).update(observations=9)
    assert found("abejorros", "es") == [BOMBUS]
    with translation.override("es"):
        assert searching.taxon_called("Abejorros").id == BOMBUS


@pytest.mark.parametrize("text", ["abejoro", "abejrros", "avejorro", "bejorros"])
def test_typing_errors_are_forgiven_in_the_readers_language(world, text):
    with translation.override("es"):
        assert {taxon.id for taxon in close_to(text, 5)} & set(SPANISH)
    with translation.override("en"):
        assert not {taxon.id for taxon in close_to(text, 5)} & set(SPANISH)


def test_a_key_that_everybodys_search_lists_is_listed_once():
    assert sorted(search_names("Puma concolor", {"en": "Puma", "es": "puma americano"})) == [
        ("americano", "es"),
        ("concolor", EVERYBODYS),
        ("puma", EVERYBODYS),
        ("puma americano", "es"),
        ("puma concolor", EVERYBODYS),
    ]
    assert (searched("en"), searched("es"), searched("fr")) == (("",), ("", "es"), ("",))


@pytest.mark.parametrize(
    "path",
    [f"/taxa/{IMPATIENS}/", "/readiness/?tab=included", "/search/?q=abejorro", "/search/suggest/?q=abejorro"],
)
def test_pages_speak_the_readers_language(world, path):
    spanish, english = (
        Client().get(path, headers={"accept-language": language}).content.decode()
        for language in ("es-MX", "en")
    )
    assert "Abejorro oriental común" in spanish
    assert "Abejorro oriental común" not in english


def test_the_foot_of_a_page_says_in_which_language_names_are(world):
    text = Client().get("/", headers={"accept-language": "es"}).content.decode()
    assert "Un taxón sin nombre común en español lleva el inglés." in text
    assert "Common names" not in Client().get("/", headers={"accept-language": "en"}).content.decode()


def test_without_names_in_the_language_the_page_says_so(world):
    world.counts.pop(NAMED)
    world.save()
    text = Client().get("/", headers={"accept-language": "es"}).content.decode()
    assert "los datos no contienen otros" in text


def test_the_api_gives_every_name_and_keeps_the_field_that_was_there(world):
    spanish = {"accept-language": "es"}
    taxon = Client().get(f"/api/v1/taxa/{IMPATIENS}/", headers=spanish).json()["taxon"]
    assert taxon["common_name"] == "Common Eastern Bumble Bee"
    assert taxon["common_names"] == {"en": "Common Eastern Bumble Bee", "es": "Abejorro oriental común"}
    assert common_names(Taxon(name="x")) == {}


# What a refresh takes over ------------------------------------------------------------------------


@pytest.fixture
def lake(db, settings, tmp_path):
    """A lake with one observed species, known by a taxonomy alone, in a genus."""
    settings.DATA_DIR = tmp_path
    settings.LAKE_DIR = tmp_path / "lake"
    (tmp_path / "taxonomy.csv").write_text(
        "taxon_id,parent_taxon_id,name,rank\n1,48460,Animalia,kingdom\n5,1,Bombus,genus\n"
    )
    lake = Lake(settings.LAKE_DIR)
    ingest(lake, [tmp_path / "taxonomy.csv"])
    return lake


def load(lake, name, *lines):
    path = lake.root.parent / name
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    ingest(lake, [path])
    return services.refresh()


def named():
    return list(Taxon.objects.exclude(common_name="", common_name_es="").values_list("id", *COLUMNS.values()))


def keys():
    return sorted(TaxonName.objects.filter(taxon_id=5).values_list("key", "language"))


def test_a_refresh_takes_names_over_and_forgets_what_they_were(lake):
    done = load(
        lake, "VernacularNames-spanish.csv",
        "5,Chinchorro,es,Chile,CL,,Spanish,,2012-01-01T00:00:00Z",
        "5,Abejorros,es,,,,Spanish,,2012-01-02T00:00:00Z",
        "999,Nadie,es,,,,Spanish,,2012-01-02T00:00:00Z",
    )  # fmt: skip
    assert done.counts[NAMED] == {"es": 1}
    assert named() == [(5, "", "Abejorros")]
    assert keys() == [("abejorros", "es"), ("bombus", "")]
    done = load(lake, "VernacularNames-english.csv", "5,Bumble Bees,en,,,,English,,2012-01-01T00:00:00Z")
    assert done.counts["taxa"]["changed"] == 1
    assert named() == [(5, "Bumble Bees", "Abejorros")]
    load(lake, "newer.csv", "5,Bombus,es,,,,Spanish,,2013-01-01T00:00:00Z")
    assert named() == [(5, "Bumble Bees", "Bombus")]
    assert keys() == [("bees", ""), ("bombus", ""), ("bumble bees", "")]


def test_the_name_that_inaturalist_shows_goes_before_the_first_of_its_names(lake):
    path = lake.root.parent / "one.json"
    path.write_text(
        '{"id": 1, "quality_grade": "research", "taxon": {"id": 5, "name": "Bombus", "rank": "genus",'
        ' "ancestor_ids": [48460, 1, 5], "preferred_common_name": "Bumble Bees"}}\n'
    )
    ingest(lake, [path])
    load(lake, "VernacularNames-english.csv", "5,Humble Bees,en,,,,English,,2012-01-01T00:00:00Z")
    assert named() == [(5, "Bumble Bees", "")]
