from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from exporter.errors import DataError
from portal.refresh import services, tasks


@pytest.fixture
def calls(monkeypatch):
    """What the service was asked to do."""
    requested = []

    def refresh(*arguments):
        requested.append(arguments)
        return SimpleNamespace(
            lake_version=7, counts={"criteria": {"inat-2022": {"leaf": 3}, "inat-2021": {}}}
        )

    monkeypatch.setattr(services, "refresh", refresh)
    return requested


def test_all_rules_are_refreshed_by_default(calls, capsys):
    call_command("refresh")
    assert calls == [(["inat-2021", "inat-2022"], None)]
    assert capsys.readouterr().out == (
        "Refreshed from version 7 of the lake: inat-2022 3 classes, inat-2021 0 classes.\n"
    )


def test_a_rule_and_a_past_time_can_be_asked_for(calls):
    call_command("refresh", "--criteria", "inat-2021", "--at", "2026-10-01T02:00+02:00")
    assert calls == [(["inat-2021"], datetime(2026, 10, 1, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--at", "yesterday"], "'yesterday' is no time: write it as 2026-10-01T00:00Z"),
        (["--at", "2026-10-01"], "'2026-10-01' has no zone: end it with Z for UTC"),
        (["--criteria", "mine"], "invalid choice: 'mine'"),
    ],
)
def test_what_cannot_be_understood_is_refused(calls, arguments, line):
    with pytest.raises(CommandError, match=line):
        call_command("refresh", *arguments)
    assert calls == []


def test_a_fault_of_the_data_is_one_line(monkeypatch):
    def refuse(*_):
        raise DataError("the lake is empty")

    monkeypatch.setattr(services, "refresh", refuse)
    with pytest.raises(CommandError, match=r"^the lake is empty$"):
        call_command("refresh")


def test_the_task_calls_the_service(calls):
    tasks.refresh()
    assert calls == [()]
