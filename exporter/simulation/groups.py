"""What the simulated world is like: how common each genus is, and how alike its species look.

Shares and rates are ours, chosen so that the world has the troubles that iNaturalist's identifiers describe
(genera that computer vision collapses onto one species, look-alikes, neglected corners, and easy birds) as
often as real histories have them: `python -m benchmarks.likeness` prints both side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Group:
    """Organisms that the same people know.

    ``peak_day`` and ``spread_days`` give the northern season, ``attention`` how eagerly people review,
    ``captive`` the share of captive or cultivated ones, ``photos`` the mean number of photos.
    ``swept_years_ago`` is when one of its skilled people last went through most of it.
    """

    name: str
    peak_day: int
    spread_days: int
    attention: float
    captive: float = 0.01
    photos: float = 1.6
    swept_years_ago: float | None = None


@dataclass(frozen=True)
class Genus:
    """One genus. ``share`` is how many observations it has, in proportion to the other genera.

    ``confusion`` is how often a novice takes one species for another, ``untellable`` how often a photo cannot
    be identified to species by anyone, ``unnamed`` the share that belongs to species that nobody here names.
    Of the suggestions for other species, ``collapse_rate`` fall on the species ``collapse_onto``.
    ``lookalikes`` gives for a species the one that it is mostly taken for.
    """

    name: str
    group: str
    share: float
    confusion: float = 0.08
    untellable: float = 0.02
    unnamed: float = 0.0
    collapse_onto: str = ""
    collapse_rate: float = 0.0
    lookalikes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


GROUPS = (
    Group("flies", 190, 50, attention=0.35),
    Group("bees", 190, 42, attention=0.9, swept_years_ago=1.1),
    Group("lady beetles", 170, 55, attention=0.8),
    Group("midges", 130, 55, attention=0.25),
    Group("hover flies", 200, 42, attention=1.0, swept_years_ago=0.4),
    Group("lichens", 60, 120, attention=0.4),
    Group("spiders", 240, 45, attention=0.7),
    Group("moths", 200, 40, attention=0.8),
    Group("flowers", 130, 38, attention=0.55, captive=0.06),
    Group("ferns", 180, 75, attention=0.4, captive=0.05, swept_years_ago=2.2),
    Group("mushrooms", 285, 33, attention=0.45, photos=2.4),
    Group("birds", 60, 110, attention=1.6, photos=1.5),
)

GENERA = (
    Genus("Sarcophaga", "flies", 240, 0.3, 0.7, 0.88, "Sarcophaga carnaria", 0.75),
    Genus("Oxysarcodexia", "flies", 30),
    Genus("Lucilia", "flies", 620, 0.3, 0.35, 0.1, "Lucilia sericata", 0.12),
    Genus("Calliphora", "flies", 330, 0.2, 0.2, 0.45, "Calliphora vicina", 0.12),
    Genus(
        "Bombus",
        "bees",
        3400,
        0.16,
        0.05,
        lookalikes=MappingProxyType(
            {
                "Bombus cryptarum": "Bombus lucorum",
                "Bombus lucorum": "Bombus terrestris",
                "Bombus ruderatus": "Bombus terrestris",
                "Bombus vandykei": "Bombus vosnesenskii",
                "Bombus sandersoni": "Bombus vagans",
                "Bombus perplexus": "Bombus impatiens",
                "Bombus vagans": "Bombus impatiens",
                "Bombus sitkensis": "Bombus mixtus",
                "Bombus bifarius": "Bombus vancouverensis",
                "Bombus huntii": "Bombus ternarius",
            }
        ),
    ),
    Genus(
        "Xylocopa",
        "bees",
        560,
        0.06,
        0.03,
        lookalikes=MappingProxyType({"Xylocopa micans": "Xylocopa virginica"}),
    ),
    Genus("Apis", "bees", 700),
    Genus(
        "Coccinella",
        "lady beetles",
        800,
        0.12,
        0.03,
        collapse_onto="Coccinella septempunctata",
        collapse_rate=0.04,
    ),
    Genus("Harmonia", "lady beetles", 750, 0.03, 0.01),
    Genus(
        "Adalia",
        "lady beetles",
        260,
        0.1,
        0.02,
        lookalikes=MappingProxyType({"Adalia decempunctata": "Adalia bipunctata"}),
    ),
    Genus("Hippodamia", "lady beetles", 420, 0.07),
    Genus("Chironomus", "midges", 160, 0.25, 0.6, 0.6, "Chironomus crassicaudatus", 0.4),
    Genus("Cricotopus", "midges", 130, 0.1, 0.9, 1.0),
    Genus("Procladius", "midges", 60, 0.2, 0.5, 0.5),
    Genus("Goeldichironomus", "midges", 90, 0.05, 0.05),
    Genus("Tanypus", "midges", 30, 0.1, 0.8, 1.0),
    Genus("Eristalis", "hover flies", 1000, 0.14, 0.05, collapse_onto="Eristalis tenax", collapse_rate=0.04),
    Genus(
        "Helophilus",
        "hover flies",
        330,
        0.12,
        lookalikes=MappingProxyType({"Helophilus trivittatus": "Helophilus pendulus"}),
    ),
    Genus("Toxomerus", "hover flies", 450, 0.1),
    Genus("Episyrphus", "hover flies", 420),
    Genus("Volucella", "hover flies", 260, 0.03),
    Genus("Melanostoma", "hover flies", 150, 0.15, 0.2),
    Genus("Cladonia", "lichens", 1000, 0.28, 0.3, 0.1, "Cladonia fimbriata", 0.05),
    Genus("Usnea", "lichens", 260, 0.25, 0.6, 0.45, "Usnea hirta", 0.08),
    Genus("Parmelia", "lichens", 380, 0.2, 0.25, collapse_onto="Parmelia sulcata", collapse_rate=0.12),
    Genus("Hypogymnia", "lichens", 300, 0.15, 0.1),
    Genus(
        "Xanthoria",
        "lichens",
        260,
        0.1,
        lookalikes=MappingProxyType({"Xanthoria calcicola": "Xanthoria parietina"}),
    ),
    Genus("Araneus", "spiders", 700, 0.08, 0.05),
    Genus("Argiope", "spiders", 560, 0.03),
    Genus("Steatoda", "spiders", 460, 0.15, 0.1, collapse_onto="Steatoda grossa", collapse_rate=0.05),
    Genus("Pardosa", "spiders", 150, 0.3, 0.8, 0.75, "Pardosa milvina", 0.25),
    Genus("Eratigena", "spiders", 240, 0.25, 0.45, collapse_onto="Eratigena agrestis", collapse_rate=0.2),
    Genus("Tegenaria", "spiders", 90, 0.1),
    Genus("Noctua", "moths", 400, 0.05),
    Genus(
        "Xestia",
        "moths",
        330,
        0.15,
        0.15,
        lookalikes=MappingProxyType({"Xestia dolosa": "Xestia c-nigrum"}),
    ),
    Genus("Agrotis", "moths", 420, 0.09, 0.05),
    Genus("Eupithecia", "moths", 380, 0.25, 0.4, 0.35, "Eupithecia miserulata", 0.15),
    Genus("Idaea", "moths", 450, 0.08, 0.03),
    Genus("Myosotis", "flowers", 620, 0.26, 0.25, collapse_onto="Myosotis scorpioides", collapse_rate=0.08),
    Genus("Viola", "flowers", 1500, 0.2, 0.15, 0.05, "Viola sororia", 0.03),
    Genus(
        "Oxalis",
        "flowers",
        1100,
        0.16,
        0.15,
        lookalikes=MappingProxyType(
            {
                "Oxalis dillenii": "Oxalis stricta",
                "Oxalis exilis": "Oxalis corniculata",
                "Oxalis montana": "Oxalis acetosella",
                "Oxalis debilis": "Oxalis articulata",
            }
        ),
    ),
    Genus("Taraxacum", "flowers", 560, 0.2, 0.3, collapse_onto="Taraxacum officinale", collapse_rate=0.08),
    Genus(
        "Hypochaeris",
        "flowers",
        380,
        0.08,
        lookalikes=MappingProxyType({"Hypochaeris glabra": "Hypochaeris radicata"}),
    ),
    Genus("Dryopteris", "ferns", 700, 0.24, 0.2, 0.05, "Dryopteris filix-mas", 0.06),
    Genus(
        "Polystichum",
        "ferns",
        520,
        0.08,
        lookalikes=MappingProxyType({"Polystichum imbricans": "Polystichum munitum"}),
    ),
    Genus("Athyrium", "ferns", 260, 0.15, 0.05, collapse_onto="Athyrium filix-femina", collapse_rate=0.12),
    Genus("Amanita", "mushrooms", 1000, 0.14, 0.15, 0.1),
    Genus("Trametes", "mushrooms", 650, 0.2, 0.15, collapse_onto="Trametes versicolor", collapse_rate=0.06),
    Genus("Turdus", "birds", 800, 0.01, 0.0),
    Genus("Larus", "birds", 560, 0.12, 0.05),
    Genus("Setophaga", "birds", 400, 0.01, 0.0),
    Genus("Passer", "birds", 480, 0.02, 0.0),
    Genus("Erithacus", "birds", 240, 0.01, 0.0),
    Genus("Cyanistes", "birds", 260, 0.01, 0.0),
    Genus("Parus", "birds", 240, 0.01, 0.0),
)

#: The shares of these taxa are planned, not drawn, so that every status occurs: taxa a little above and a
#: little below the line, a genus that is a class while none of its species is, monotypic branches on either
#: side of the line, and taxa that are never classes. Observations at the default size.
PLANNED_OBSERVATIONS = {
    "Oxysarcodexia varia": 30,
    "Lucilia illustris": 64,
    "Bombus sandersoni": 62,
    "Bombus cryptarum": 45,
    "Xylocopa varipuncta": 9,
    "Xylocopa micans": 76,
    "Harmonia conformis": 74,
    "Adalia decempunctata": 92,
    "Hippodamia parenthesis": 66,
    "Volucella bombylans": 78,
    "Helophilus trivittatus": 84,
    "Cladonia bellidiflora": 58,
    "Usnea subfloridana": 24,
    "Usnea hirta": 20,
    "Usnea strigosa": 30,
    "Usnea rubicunda": 26,
    "Usnea cornuta": 14,
    "Usnea longissima": 12,
    "Parmelia hygrophila": 34,
    "Araneus quadratus": 82,
    "Argiope argentata": 70,
    "Tegenaria domestica": 96,
    "Noctua fimbriata": 72,
    "Agrotis puta": 68,
    "Idaea rusticata": 88,
    "Polystichum imbricans": 60,
    "Amanita jacksonii": 80,
    "Amanita muscaria flavivolvata": 40,
    "Turdus pilaris": 66,
    "Turdus iliacus": 72,
    "Larus fuscus": 86,
    "Larus glaucescens × occidentalis": 70,
    "Setophaga coronata auduboni": 60,
    "Setophaga coronata coronata": 45,
}
