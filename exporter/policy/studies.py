"""The default grid: the scenarios crossed with windows and draws, and the search for the break-even."""

from exporter.policy.runs import Study
from exporter.policy.scenarios import REFERENCE, SCENARIOS, Scenario

SCENARIO_STUDY = Study("scenarios", SCENARIOS)

#: Wrong extra identifications for each skilled one, and taxa pushed over the line.
RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
PUSHES = (0, 4, 8, 12)
#: With the window closed, half closed and as long as the announcement.
BREAK_EVEN_WINDOWS = (0, 7, 14)
#: Today's evidence, as such a ratio, if people who come err as people do now, and as many of them come as
#: skilled ones: on iNaturalist 1.8 % of labels were overturned within a day, and about 4 % of those species
#: labels that a second person looked at (about 110 national parks of the USA, June and July 2026). A day
#: shows only part of the mistakes. No push has been documented.
EVIDENCE = (0.02, 0.04)
BREAK_EVEN_LEAD_DAYS = 14
BREAK_EVEN_CLEANUP = 0.5


def break_even_scenario(ratio: float, pushed_taxa: int) -> Scenario:
    """Announce to all: a fixed clean-up, so many wrong names for each of its own, and so many pushes."""
    return Scenario(
        f"ratio-{ratio:g}-push-{pushed_taxa}".replace(".", "-"),
        lead_days=BREAK_EVEN_LEAD_DAYS,
        cleanup=BREAK_EVEN_CLEANUP,
        enthusiasts=BREAK_EVEN_CLEANUP * ratio,
        error=1.0,
        pushed_taxa=pushed_taxa,
    )


BREAK_EVEN_STUDY = Study(
    "break-even",
    (
        REFERENCE,
        *(break_even_scenario(ratio, pushed_taxa) for ratio in RATIOS for pushed_taxa in PUSHES),
    ),
    windows=BREAK_EVEN_WINDOWS,
    draws=("sealed",),
    with_guards=False,
)


def single(scenario: Scenario) -> Study:
    """One scenario beside the one without an announcement."""
    scenarios = (REFERENCE,) if scenario == REFERENCE else (REFERENCE, scenario)
    return Study("scenarios", scenarios)
