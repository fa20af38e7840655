"""Wrong invocations of our own management commands: one line, exit code 1 or 2, nothing written."""

import json
import os
import shlex
import socket

import pytest
from django.core.management import get_commands
from django.db import OperationalError, connections

import manage
from portal.accounts.models import Token
from portal.lake.models import Refresh
from portal.sync.models import Pull

pytestmark = pytest.mark.django_db
CANNOT = "The settings"
#: The command line, its exit code, and what its line says; {} is a folder.
WRONG = [
    ("token", 2, "the following arguments are required: command"),
    ("token steal", 2, "invalid choice: 'steal'"),
    ("token make", 2, "the following arguments are required: scope, name"),
    ("token make trainer", 2, "the following arguments are required: name"),
    ("token make owner me", 2, "invalid choice: 'owner'"),
    ("token make TRAINER me", 2, "invalid choice: 'TRAINER'"),
    ("token make trainer ''", 2, "give it a name of 1 to 100 letters"),
    ("token make trainer '  '", 2, "give it a name of 1 to 100 letters"),
    (f"token make trainer {'x' * 101}", 2, "give it a name of 1 to 100 letters"),
    ("token make trainer 'a\nb'", 2, "give it a name of 1 to 100 letters"),
    ("token make trainer 'a\x1bb'", 2, "give it a name of 1 to 100 letters"),
    ("token make trainer 'a\0b'", 1, "An argument holds a NUL character"),
    ("token make trainer me you", 2, "unrecognized arguments: you"),
    ("token revoke", 2, "the following arguments are required: start"),
    ("token revoke leafline_none", 1, "0 tokens start with leafline_none: see `token list`."),
    ("token revoke ''", 1, "0 tokens start with : see `token list`."),
    ("token revoke '%'", 1, "0 tokens start with %: see `token list`."),
    ("token list all", 2, "unrecognized arguments: all"),
    ("train", 2, "the following arguments are required: cutoff"),
    ("train x", 2, "argument cutoff: invalid int value: 'x'"),
    ("train ''", 2, "argument cutoff: invalid int value: ''"),
    ("train 1.5", 2, "argument cutoff: invalid int value: '1.5'"),
    ("train 1e3", 2, "argument cutoff: invalid int value: '1e3'"),
    ("train 99", 1, "There is no cutoff 99."),
    ("train 0", 1, "There is no cutoff 0."),
    ("train -1", 1, "There is no cutoff -1."),
    ("train 99999999999999999999999", 1, "There is no cutoff 99999999999999999999999."),
    ("train -99999999999999999999999", 1, "There is no cutoff -99999999999999999999999."),
    (f"train {'9' * 5000}", 2, "argument cutoff: invalid int value"),
    ("train 1 --model", 2, "argument --model: expected one argument"),
    ("train 1 2", 2, "unrecognized arguments: 2"),
    ("backup", 2, "the following arguments are required: DIR"),
    ("backup {}/here", 1, "{}/here"),
    ("backup {}/a.txt", 1, "{}/a.txt"),
    ("backup {}/a.txt/below", 1, "{}/a.txt"),
    ("backup {}/loop/below", 1, "{}/loop"),
    ("backup ''", 1, "."),
    ("backup '{}/a\0b'", 1, "An argument holds a NUL character"),
    (f"backup {{}}/{'x' * 300}", 1, "File name too long"),
    ("backup {}/one {}/two", 2, "unrecognized arguments: {}/two"),
    ("restore", 2, "the following arguments are required: DIR"),
    ("restore {}/nowhere", 1, "{}/nowhere"),
    ("restore {}/here", 1, "{}/here"),
    ("restore {}/a.txt", 1, "{}/a.txt"),
    ("restore {}/loop", 1, "{}/loop"),
    ("restore ''", 1, "."),
    ("restore {}/cut", 1, "{}/cut: no whole backup"),
    ("restore {}/list", 1, "{}/list: no whole backup"),
    ("restore {}/other", 1, "made by another version of Leafline (format 99)"),
    ("restore {}/outside", 1, "is not as it was written; take another backup"),
    ("restore {}/missing", 1, "{}/missing"),
    ("refresh --criteria", 2, "argument --criteria: expected one argument"),
    ("refresh --criteria mine", 2, "invalid choice: 'mine'"),
    ("refresh --criteria ''", 2, "invalid choice: ''"),
    ("refresh --at", 2, "argument --at: expected one argument"),
    ("refresh --at ''", 2, "'' is no time: write it as 2026-10-01T00:00Z"),
    ("refresh --at yesterday", 2, "'yesterday' is no time: write it as 2026-10-01T00:00Z"),
    ("refresh --at 2026-10-01", 2, "'2026-10-01' has no zone: end it with Z for UTC"),
    ("refresh --at 2026-13-01T00:00Z", 2, "'2026-13-01T00:00Z' is no time"),
    ("refresh --at 0001-01-01T00:00+14:00", 2, "is no time that the data could know"),
    ("refresh --at 9999-12-31T23:59-14:00", 2, "is no time that the data could know"),
    ("refresh", 1, "the lake is empty; load data with `python -m exporter ingest PATH`"),
    ("refresh --at 2026-10-01T00:00Z", 1, "the lake is empty"),
    ("refresh now", 2, "unrecognized arguments: now"),
    ("refresh --version=x", 2, "ignored explicit argument 'x'"),
    ("pull", 1, "Pulling is off: set LEAFLINE_PULL=1."),
    ("pull everything", 2, "unrecognized arguments: everything"),
    ("pull --taxa 3", 2, "unrecognized arguments: --taxa 3"),
    ("demo now", 2, "unrecognized arguments: now"),
    ("demo --port 80", 2, "unrecognized arguments: --port 80"),
    ("demo", 1, "is taken: choose another with PORT="),
    ("token list --verbosity 9", 2, "unrecognized arguments: --verbosity 9"),
    ("token list --pythonpath", 2, "unrecognized arguments: --pythonpath"),
    ("token list --settings", 2, "unrecognized arguments: --settings"),
    (
        "token list --settings nowhere",
        1,
        f"{CANNOT} 'nowhere' cannot be imported: No module named 'nowhere'.",
    ),
    ("token --settings nowhere list", 1, "No module named 'nowhere'."),
    ("token --settings=nowhere list", 1, "No module named 'nowhere'."),
    ("token --settings portal.nowhere list", 1, "No module named 'portal.nowhere'."),
    ("token --settings portal.settings.more list", 1, "No module named 'portal.settings.more'"),
    ("token --settings portal/settings.py list", 1, f"{CANNOT} 'portal/settings.py' cannot be imported"),
    ("token --settings .settings list", 1, f"{CANNOT} '.settings' cannot be imported"),
    ("token --settings . list", 1, f"{CANNOT} '.' cannot be imported"),
    (
        "token --settings wrong --pythonpath {} list",
        1,
        f"{CANNOT} 'wrong' cannot be imported: invalid syntax",
    ),
    ("token --settings os list", 1, "The module 'os' holds no settings: it has no SECRET_KEY."),
    ("token --settings portal list", 1, "The module 'portal' holds no settings"),
    ("token --pythonpath {}/nowhere list", 1, "--pythonpath {}/nowhere: no such folder."),
    ("token --pythonpath {}/a.txt list", 1, "--pythonpath {}/a.txt: no such folder."),
    ("token --pythonpath {}/loop list", 1, "--pythonpath {}/loop: no such folder."),
    ("token --pythonpath={}/nowhere list", 1, "--pythonpath {}/nowhere: no such folder."),
    ("--settings nowhere token list", 1, "No module named 'nowhere'."),
    ("--pythonpath {}/nowhere token list", 1, "--pythonpath {}/nowhere: no such folder."),
    ("--settings nowhere", 1, "No module named 'nowhere'."),
]


@pytest.fixture
def folder(tmp_path, monkeypatch, settings):
    """A folder with things to give by mistake; the portal's own data lie elsewhere in it."""
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path / "data", tmp_path / "data" / "lake"
    settings.DATA_DIR.mkdir()
    settings.PULL = False
    (tmp_path / "here").mkdir()
    (tmp_path / "a.txt").write_text("no backup\n")
    (tmp_path / "wrong.py").write_text("SECRET_KEY =\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    file = {"bytes": 1, "sha256": ""}
    lists = {
        "cut": '{"format": ',
        "list": "[]",
        "other": json.dumps({"format": 99, "files": {}}),
        "outside": json.dumps({"format": 1, "files": {"../a.txt": file}}),
        "missing": json.dumps({"format": 1, "files": {"gone": file}}),
    }
    for name, text in lists.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "backup.json").write_text(text)
    # A command closes its connections at its end; here they are the test's. So are the streams, which a new
    # set-up of logging closes where TensorFlow logs to one, the environment, and what signals do.
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr("django.utils.log.configure_logging", lambda *_: None)
    monkeypatch.setattr(manage, "for_demo", lambda _environment: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", os.environ["DJANGO_SETTINGS_MODULE"])
    monkeypatch.syspath_prepend(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def run(monkeypatch, capsys, *arguments):
    """What `manage.py` ends with, and its lines but for those of the usage."""
    monkeypatch.setattr("sys.argv", ["manage.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        manage.main()
    printed = capsys.readouterr()
    code = ended.value.code
    said = [code] if isinstance(code, str) else printed.err.splitlines()
    lines = [line for line in said if not line.startswith(("usage: ", " "))]
    return 1 if isinstance(code, str) else code, printed.out, lines


@pytest.mark.parametrize(("command", "code", "said"), WRONG, ids=[str(place) for place in range(len(WRONG))])
def test_a_wrong_invocation_is_one_line(command, code, said, folder, monkeypatch, capsys, settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.PORT = taken.getsockname()[1]
        words = [word.replace("{}", str(folder)) for word in shlex.split(command)]
        ended, out, lines = run(monkeypatch, capsys, *words)
    [line] = lines
    assert said.replace("{}", str(folder)) in line
    assert (ended, out) == (code, "")
    assert not Token.objects.exists()
    assert not Pull.objects.exists()
    assert {row.state for row in Refresh.objects.all()} <= {"failed"}


@pytest.mark.parametrize("command", sorted(get_commands()))
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--settings=nowhere", "The settings 'nowhere' cannot be imported: No module named 'nowhere'."),
        ("--pythonpath=/nowhere", "--pythonpath /nowhere: no such folder."),
    ],
)
def test_every_command_says_in_one_line_that_there_are_no_such_settings(
    command, option, said, folder, monkeypatch, capsys
):
    assert run(monkeypatch, capsys, command, option) == (1, "", [said])


def test_settings_that_the_environment_names_are_looked_for_too(folder, monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "nowhere")
    said = "The settings 'nowhere' cannot be imported: No module named 'nowhere'."
    assert run(monkeypatch, capsys, "token", "list") == (1, "", [said])


def test_a_folder_for_settings_is_looked_through(folder, monkeypatch, capsys):
    """The module is found there; and what other settings are missing is said of it."""
    (folder / "mine.py").write_text("SECRET_KEY = ''\n")
    ended, out, lines = run(monkeypatch, capsys, "check", "--settings=mine", f"--pythonpath={folder}")
    assert (ended, out, lines) == (1, "", ["The module 'mine' holds no settings: it has no SECRET_KEY."])


def test_a_database_without_tables_is_one_line(folder, monkeypatch, capsys):
    def away(*_):
        raise OperationalError("no such table: api_token\nLINE 1: SELECT")

    monkeypatch.setattr("portal.accounts.queries.every_token", away)
    ended, out, lines = run(monkeypatch, capsys, "token", "list")
    assert lines == ["The database: no such table: api_token. Is it there, and did `manage.py migrate` run?"]
    assert (ended, out) == (1, "")


def test_the_table_has_enough_of_them():
    assert len({command for command, _, _ in WRONG}) == len(WRONG) >= 60
