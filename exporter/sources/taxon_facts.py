"""The taxon tree as iNaturalist numbers it: its root, its kingdoms, its ranks and iconic groups.

Ids were read from iNaturalist's open-data taxa table; rank levels are those of `RANK_LEVELS` in
iNaturalist's `app/models/taxon.rb`.
"""

LIFE_ID = 48460

#: The children of Life.
KINGDOM_NAMES = {
    1: "Animalia",
    47126: "Plantae",
    47170: "Fungi",
    47686: "Protozoa",
    48222: "Chromista",
    67333: "Bacteria",
    131236: "Viruses",
    151817: "Archaea",
}
KINGDOM_IDS = frozenset(KINGDOM_NAMES)

ICONIC_TAXON_IDS = {
    "Animalia": 1,
    "Aves": 3,
    "Amphibia": 20978,
    "Reptilia": 26036,
    "Mammalia": 40151,
    "Mollusca": 47115,
    "Arachnida": 47119,
    "Plantae": 47126,
    "Insecta": 47158,
    "Fungi": 47170,
    "Actinopterygii": 47178,
    "Protozoa": 47686,
    "Chromista": 48222,
}

#: The rank and the kingdom of each iconic group.
ICONIC_NAMES = {
    "Animalia": ("kingdom", "Animalia"),
    "Aves": ("class", "Animalia"),
    "Amphibia": ("class", "Animalia"),
    "Reptilia": ("class", "Animalia"),
    "Mammalia": ("class", "Animalia"),
    "Mollusca": ("phylum", "Animalia"),
    "Arachnida": ("class", "Animalia"),
    "Plantae": ("kingdom", "Plantae"),
    "Insecta": ("class", "Animalia"),
    "Fungi": ("kingdom", "Fungi"),
    "Actinopterygii": ("class", "Animalia"),
    "Protozoa": ("kingdom", "Protozoa"),
    "Chromista": ("kingdom", "Chromista"),
}

#: The highest rank first.
RANK_LEVELS = {
    "stateofmatter": 100.0,
    "kingdom": 70.0,
    "phylum": 60.0,
    "subphylum": 57.0,
    "superclass": 53.0,
    "class": 50.0,
    "subclass": 47.0,
    "infraclass": 45.0,
    "subterclass": 44.0,
    "superorder": 43.0,
    "order": 40.0,
    "suborder": 37.0,
    "infraorder": 35.0,
    "parvorder": 34.5,
    "zoosection": 34.0,
    "zoosubsection": 33.5,
    "superfamily": 33.0,
    "epifamily": 32.0,
    "family": 30.0,
    "subfamily": 27.0,
    "supertribe": 26.0,
    "tribe": 25.0,
    "subtribe": 24.0,
    "genus": 20.0,
    "genushybrid": 20.0,
    "subgenus": 15.0,
    "section": 13.0,
    "subsection": 12.0,
    "complex": 11.0,
    "species": 10.0,
    "hybrid": 10.0,
    "subspecies": 5.0,
    "variety": 5.0,
    "form": 5.0,
    "infrahybrid": 5.0,
}


#: The ranks above species that programs name plainly: Darwin Core, and tables made in R or pandas.
HIGHER_RANKS = ("kingdom", "phylum", "class", "order", "family", "genus")


def _ranks_alone_at_their_level() -> dict[float, str]:
    levels = list(RANK_LEVELS.values())
    return {level: rank for rank, level in RANK_LEVELS.items() if levels.count(level) == 1}


#: The rank of a level, for the levels that have only one: genus, species and below share theirs with hybrids.
RANK_OF_LEVEL = _ranks_alone_at_their_level()


def ancestry_of(taxon_id: int, line: list[int]) -> str:
    """Return ancestors, the root first, as the lake writes them: from Life on, without the taxon itself.

    ``line`` may end with the taxon itself, and may leave out Life, as older and trimmed API answers do.
    ValueError for a line that no taxon can have.
    """
    ancestors = line[:-1] if line and line[-1] == taxon_id else line
    if taxon_id in ancestors:
        raise ValueError("the taxon is its own ancestor")
    if len(set(ancestors)) < len(ancestors):
        raise ValueError("an ancestor comes twice")
    if ancestors and ancestors[0] in KINGDOM_IDS and LIFE_ID not in ancestors:
        ancestors = [LIFE_ID, *ancestors]
    return "/".join(map(str, ancestors))
