"""Every command of the exporter runs on every real file, and on one lake of each kind."""

import pytest

from tests.real import commands, inputs


def check(lake, tmp_path, report, *, brief):
    report(list(commands.faults(lake.lake, lake.outcome, lake.paths, tmp_path, brief=brief)))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", inputs.names(inputs.TAKEN))
def test_every_command_runs_on_a_small_lake(load, tmp_path, report, name):
    check(load(name), tmp_path, report, brief=True)


@pytest.mark.real
@pytest.mark.parametrize("name", inputs.names(inputs.matrix()))
def test_every_command_runs_on_each_file(load, tmp_path, report, name):
    check(load(name), tmp_path, report, brief=False)
