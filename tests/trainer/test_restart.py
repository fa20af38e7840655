"""A run that is killed again and again ends with the same bits as one that is not."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.trainer.test_fit import newest, quiet, same, train
from tests.trainer.world import World
from trainer.evaluate import evaluate

#: Kills its own process at a chosen moment, as `kill -9` does: nothing is tidied up.
KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
from tests.trainer.test_fit import quiet
from tests.trainer.world import small_config
from trainer import checkpoints, evaluate, figures, fit, shards, steps
moment, snapshot, images, run = sys.argv[1:]

def kill(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def kill_at(number, function):
    calls = 0
    def count(*arguments, **options):
        nonlocal calls
        calls += 1
        return kill() if calls == number else function(*arguments, **options)
    return count

def half_written(stream, **arrays):
    stream.write(b"PK half a file")
    stream.flush()
    kill()

if moment == "shards":
    shards.np.savez = half_written
if moment == "step":
    steps.Learner.train = kill_at(6, steps.Learner.train)
if moment == "checkpoint":
    checkpoints.np.savez = half_written
if moment == "evaluation":
    figures.describe_taxa = kill
    evaluate.evaluate(Path(run), say=quiet)
fit.fit(small_config(), Path(snapshot), Path(images), Path(run), say=quiet)
"""


def kill_in(moment: str, world: World, run: Path) -> None:
    command = [sys.executable, "-c", KILLED, moment, world.snapshot_folder, world.images, run]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL


def test_killed_in_shards_a_step_a_checkpoint_and_evaluation(world: World, tmp_path: Path) -> None:
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    train(world, straight)
    evaluate(straight, say=quiet)

    kill_in("shards", world, killed)
    kill_in("step", world, killed)  # the sixth step, after the checkpoint of the fourth
    kill_in("checkpoint", world, killed)
    assert max((killed / "checkpoints").glob("*.npz")).stem == "000000004"
    recorded = train(world, killed)
    assert "fit: goes on from step 4 of 12" in recorded
    kill_in("evaluation", world, killed)
    assert not (killed / "results.json").exists()
    recorded = train(world, killed)
    assert "fit: goes on from step 12 of 12" in recorded

    results = [evaluate(run, say=quiet) for run in (straight, killed)]
    for document in results:
        for name in ("wall_seconds", "images_per_second"):
            del document["run"][name]
    assert results[0] == results[1]
    assert same(newest(straight), newest(killed))
