"""Guards over a world: they compare with its export before, and count one by one."""

from datetime import timedelta

import pytest

from exporter.guards import GUARDS
from exporter.guards.drift import Previous
from exporter.policy.cutting import Watch, cut
from exporter.policy.lab import Lab
from exporter.policy.outcomes import EXPORT_INTERVAL_DAYS
from exporter.policy.scenarios import REDRAWN, REFERENCE, Scenario
from exporter.policy.tables import open_tables
from tests.exporter.policy.conftest import SMALL

DAYS = 14


def alarms(lab: Lab, previous: Previous) -> tuple[str, ...] | None:
    with open_tables(lab.world.cases) as con:
        return cut(con, lab.world.cutoff, DAYS, lab.draw_seed, SMALL, Watch({DAYS: previous})).alarms


def test_a_community_that_lives_on_as_before_sets_no_guard_off(lab: Lab) -> None:
    [row] = lab.rows(REFERENCE, (DAYS,), ("sealed",))
    assert [row[name] for name in ("alarms", *(f"alarm_{guard}" for guard in GUARDS))] == [0, 0, 0, 0]


def test_an_export_unlike_the_one_before_is_a_drift(lab: Lab) -> None:
    before = lab.world.cutoff - timedelta(days=EXPORT_INTERVAL_DAYS)
    assert alarms(lab, Previous(before, SMALL, dict.fromkeys(range(200), 1_000))) == ("drift",)


@pytest.mark.parametrize("scenario", [REDRAWN, Scenario("early", lead_days=60, cleanup=5.0)])
def test_who_came_before_the_export_before_changed_it_too(lab: Lab, scenario: Scenario) -> None:
    """A world that is another one by then is compared with its own export before: nothing drifts."""
    [row] = lab.rows(scenario, (DAYS,), ("sealed",))
    assert row["alarm_drift"] == 0


def test_guards_that_are_not_run_say_nothing(lab: Lab) -> None:
    [row] = lab.rows(REFERENCE, (DAYS,), ("sealed",), with_guards=False)
    assert row["alarms"] != row["alarms"]
    assert row["alarm_drift"] != row["alarm_drift"]
