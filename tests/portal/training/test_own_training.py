"""Training a cutoff's snapshot by commands of the trainer, which a script stands in for."""

import fcntl
import os
import signal
import stat
import threading
import time

import pytest
from django.core.management import CommandError, call_command

from exporter.errors import DataError
from portal.accounts.queries import token_with_text
from portal.cutoffs import services as cutoff_services
from portal.cutoffs import wording
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State
from portal.lake.locks import training_lock
from portal.training import own_training, trainer_process
from portal.training.models import Training

pytestmark = pytest.mark.django_db


def never():
    return False


def train_due():
    return own_training.train_due(never)


def last_event(cutoff):
    event = cutoff.events.order_by("id").last()
    return event.before, event.after, wording.note(event)


def test_an_exported_snapshot_is_trained_step_by_step(trainer, exported, tmp_path):
    cutoff = exported()
    assert train_due() == 1
    data, run = tmp_path, str(tmp_path / "runs" / f"{cutoff.pk}-1")
    snapshot, photos = str(data / "snapshots" / f"{cutoff.pk}-1"), str(data / "photos")
    portal = ["--portal", "https://leafline.example.org", "--token-file", str(data / "trainer.token")]
    fit = ["fit", "--config", str(data / "config.toml")]
    assert trainer.calls() == [
        ["fetch", snapshot, "--images", photos],
        [*fit, "--snapshot", snapshot, "--images", photos, "--run", run, *portal],
        ["label-issues", "--run", run, "--folds", "5"],
        ["evaluate", "--run", run],
        ["report", "--run", run, *portal],
    ]
    cutoff.refresh_from_db()
    assert (cutoff.state, cutoff.model_name) == (State.TRAINING, "2026-09-01")
    assert last_event(cutoff) == (State.EXPORTED, State.TRAINING, "2026-09-01")
    assert cutoff.training.step == Training.Step.DONE
    assert train_due() == 0
    assert trainer.calls() == []


def test_its_token_is_for_trainers_and_this_machine_s_owner_alone(trainer, exported, tmp_path):
    exported()
    train_due()
    path = tmp_path / "trainer.token"
    token = token_with_text(path.read_text())
    assert (token.scope, token.name) == ("trainer", "this portal's own trainer")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_config_nothing_is_started(trainer, exported, settings):
    settings.TRAIN_CONFIG = ""
    cutoff = exported()
    assert train_due() == 0
    cutoff.refresh_from_db()
    assert cutoff.state == State.EXPORTED
    with pytest.raises(CommandError, match="LEAFLINE_TRAIN_CONFIG is not set"):
        call_command("train", cutoff.pk)
    assert trainer.calls() == []


def test_only_the_newest_snapshot_is_begun_with_and_none_of_a_simulated_world(trainer, exported):
    older = exported(name="Summer", days=-60)
    newest = exported()
    exported(name="Example", days=60, is_simulated=True)
    train_due()
    states = dict(Cutoff.objects.values_list("name", "state"))
    assert states == {"Summer": State.EXPORTED, "Autumn": State.TRAINING, "Example": State.EXPORTED}
    assert not Training.objects.filter(cutoff=older).exists()
    assert newest.training.step == Training.Step.DONE


def test_what_is_said_to_be_trained_elsewhere_is_left_to_it(trainer, exported):
    cutoff = exported()
    cutoff_services.begin_training(cutoff, "v2.30", by=None)
    assert train_due() == 0
    assert trainer.calls() == []


def test_a_simulated_snapshot_is_trained_by_hand_on_photos_that_are_there(trainer, exported, capsys):
    cutoff = exported(is_simulated=True)
    call_command("train", cutoff.pk, "--model", "example")
    assert [call[0] for call in trainer.calls()] == ["fit", "label-issues", "evaluate", "report"]
    cutoff.refresh_from_db()
    assert cutoff.model_name == "example"
    assert capsys.readouterr().out == "“Autumn” is trained, and its results are handed in.\n"


def test_folds_may_be_left_out(trainer, exported, settings):
    settings.TRAIN_FOLDS = 0
    exported()
    train_due()
    assert [call[0] for call in trainer.calls()] == ["fetch", "fit", "evaluate", "report"]


def test_a_failure_is_recorded_in_its_own_words_and_tried_again_from_there(trainer, exported):
    cutoff = exported()
    trainer.behave(evaluate=[1, "first\ntrainer: /run: no checkpoint; run fit first\n\n"])
    assert train_due() == 0
    cutoff.refresh_from_db()
    assert last_event(cutoff) == (State.TRAINING, State.FAILED, "/run: no checkpoint; run fit first")
    assert [call[0] for call in trainer.calls()] == ["fetch", "fit", "label-issues", "evaluate"]
    assert train_due() == 0
    assert trainer.calls() == []
    trainer.behave()
    cutoff_services.retry(cutoff, by=None)
    assert train_due() == 1
    assert [call[0] for call in trainer.calls()] == ["evaluate", "report"]


def test_by_hand_a_failure_is_told_and_tried_again(trainer, exported):
    cutoff = exported()
    trainer.behave(fetch=[1, "trainer: photos: No space left on device"])
    with pytest.raises(CommandError, match=r"^photos: No space left on device$"):
        call_command("train", cutoff.pk)
    trainer.behave()
    call_command("train", cutoff.pk)
    assert cutoff.training.step == Training.Step.DONE


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"check": 1}, "has no TensorFlow: install trainer/requirements.txt there"),
        ({"fit": "die"}, "Ended by signal 9. Last output: about to die"),
        ({"fit": [1, ""]}, "No output."),
    ],
)
def test_what_is_wrong_is_one_clear_line(trainer, exported, behaviour, words):
    cutoff = exported()
    trainer.behave(**behaviour)
    train_due()
    assert words in last_event(cutoff)[2]
    assert "\n" not in last_event(cutoff)[2]


def test_a_python_that_is_not_there_is_named(trainer, exported, settings):
    settings.TRAINER = "/nowhere/python"
    cutoff = exported()
    train_due()
    assert last_event(cutoff)[2] == (
        "LEAFLINE_TRAINER (/nowhere/python): No such file or directory. Name the Python that has TensorFlow."
    )


@pytest.mark.parametrize("state", [State.HELD, State.PUBLISHED, State.FAILED, State.SETTLING])
def test_only_an_exported_snapshot_can_be_trained_on(trainer, exported, state):
    cutoff = exported(state=state)
    with pytest.raises(CommandError, match="only an exported snapshot can be trained on"):
        call_command("train", cutoff.pk)
    with pytest.raises(CommandError, match="There is no cutoff 999999"):
        call_command("train", 999999)
    cutoff.refresh_from_db()
    assert cutoff.state == state


def test_a_run_goes_on_by_its_own_config(trainer, exported, tmp_path):
    cutoff = exported()
    own = tmp_path / "runs" / f"{cutoff.pk}-1" / "config.toml"
    own.parent.mkdir(parents=True)
    own.touch()
    train_due()
    assert trainer.calls()[1][:3] == ["fit", "--config", str(own)]


def test_results_are_compared_with_those_of_the_cutoff_before(trainer, exported, tmp_path):
    first = exported()
    train_due()
    results = tmp_path / "runs" / f"{first.pk}-1" / "results.json"
    results.parent.mkdir()
    results.touch()
    trainer.calls()
    exported(name="Winter", days=90, digest="def")
    train_due()
    evaluate = next(call for call in trainer.calls() if call[0] == "evaluate")
    assert evaluate[-2:] == ["--previous", str(results)]


# Stopping, and who may go on


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_asked_to_stop_it_ends_the_trainer_gently_and_goes_on_later(trainer, exported):
    cutoff = exported()
    trainer.behave(fit="sleep")
    sleeps = trainer.folder / "sleeps"
    assert own_training.train_due(sleeps.exists) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(sleeps.read_text()), 0)
    cutoff.refresh_from_db()
    assert (cutoff.state, cutoff.training.step) == (State.TRAINING, Training.Step.FIT)
    trainer.behave()
    trainer.calls()
    assert train_due() == 1
    assert [call[0] for call in trainer.calls()] == ["fit", "label-issues", "evaluate", "report"]


def test_while_a_command_goes_on_the_pages_hear_that_a_worker_is_at_it(trainer, exported, monkeypatch):
    monkeypatch.setattr(own_training, "TELL_EVERY_S", 0.0)
    cutoff = exported()
    trainer.behave(**{"label-issues": "sleep"})
    seen = []

    def stop_when_told():
        seen.append(Training.objects.get().seen_at)
        return len(seen) == 3

    own_training.train_due(stop_when_told)
    assert seen[0] < seen[1] < seen[2]
    assert cutoff.training.step == Training.Step.LABEL_ISSUES


def test_what_does_not_end_gently_is_ended(trainer, exported, monkeypatch):
    monkeypatch.setattr(trainer_process, "PATIENCE_S", 0)
    exported()
    trainer.behave(fit="sleep")
    sleeps = trainer.folder / "sleeps"
    own_training.train_due(sleeps.exists)
    with pytest.raises(ProcessLookupError):
        os.kill(int(sleeps.read_text()), 0)


def test_a_cutoff_that_another_process_trains_is_left_to_it(trainer, exported):
    cutoff = exported()
    with training_lock(cutoff.pk) as held:
        assert held is not None
        assert train_due() == 0
        cutoff.refresh_from_db()
        with pytest.raises(DataError, match="is being trained already"):
            own_training.train_now(cutoff, "", never)
    assert trainer.calls() == []
    assert train_due() == 1


def test_a_trainer_that_outlives_its_worker_holds_the_lock(trainer, tmp_path):
    """Kill -9 ends a worker and not what it started: nobody else may touch the run's folder meanwhile."""
    trainer.behave(fit="sleep")
    path = tmp_path / "training-5.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held = file.fileno()

        def run():
            with pytest.raises(DataError, match="Ended by signal 9"):
                trainer_process.run(["fit"], tmp_path / "log", held, never)

        thread = threading.Thread(target=run)
        thread.start()
        wait_for(trainer.folder / "sleeps")
    with training_lock(5) as held:
        assert held is None
    os.kill(int((trainer.folder / "sleeps").read_text()), signal.SIGKILL)
    thread.join()
    with training_lock(5) as held:
        assert held is not None


def test_a_training_whose_worker_dies_each_time_ends_in_words(trainer, exported, monkeypatch):
    """A worker that is killed writes nothing any more: what it had counted before stays."""
    cutoff = exported()

    def die(*_):
        raise BaseException

    with monkeypatch.context() as patched:
        patched.setattr(own_training, "_take_steps", die)
        for attempt in range(1, own_training.MOST_ATTEMPTS + 1):
            with pytest.raises(BaseException):  # noqa: B017, PT011  # as a signal ends it
                train_due()
            assert Training.objects.get().attempts == attempt
    assert train_due() == 0
    assert trainer.calls() == []
    words = "Its worker died 5 times, perhaps for lack of memory: see its log."
    assert last_event(cutoff) == (State.TRAINING, State.FAILED, words)
    cutoff_services.retry(Cutoff.objects.get(), by=None)
    assert train_due() == 1
    assert Training.objects.get().attempts == 0


def test_stopping_at_a_safe_point_counts_for_nothing(trainer, exported, monkeypatch):
    exported()
    for _ in range(own_training.MOST_ATTEMPTS + 1):
        with monkeypatch.context() as patched:
            patched.setattr(
                own_training, "_take_steps", lambda *_: (_ for _ in ()).throw(trainer_process.StoppedError)
            )
            assert train_due() == 0
        assert Training.objects.get().attempts == 0
    assert train_due() == 1
