"""How fast a GPU trains: precisions with and without XLA, and how long it waits for photos.

python -m benchmarks.gpu [--config trainer/configs/xception_299.toml] [--batch 256] [--photos 4096] [--short]

Ten minutes on one GPU; --short is a form for a CPU that shows that the script runs. For float32, mixed
float16 and mixed bfloat16, each with and without XLA, a process of its own times steps on made-up photos
that are on the device already, then steps on JPEGs that are read, decoded and cropped on the way. The share
of time that the second takes longer is what training waits for its input.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
#: Steps that are timed with photos read on the way, after two that are not.
STEPS = 10
SHORT = {"config": Path("trainer/configs/miniature.toml"), "batch": 16, "photos": 64}
#: One way may take so long; a GPU that lacks a precision in hardware is slow.
TIMEOUT_S = 240


def main() -> None:
    """Time each way in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=Path("trainer/configs/xception_299.toml"))
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--photos", type=int, default=4096)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("PRECISION", "XLA"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.short:
        vars(options).update(SHORT)
    if options.one:
        print(json.dumps(measure(options, *options.one)))
        return
    print("precision       XLA  photos/s  with reading  waiting for input")
    for precision in PRECISIONS:
        for xla in ("off", "on"):
            print_one(precision, xla, run_one(precision, xla))


def run_one(precision: str, xla: str) -> dict | str:
    """Measure one way in a process of its own; gives a reason where that failed."""
    command = [sys.executable, "-m", "benchmarks.gpu", *sys.argv[1:], "--one", precision, xla]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"took more than {TIMEOUT_S} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1])


def print_one(precision: str, xla: str, result: dict | str) -> None:
    """A line of the table."""
    if isinstance(result, str):
        print(f"{precision:15} {xla:3}  {result}", flush=True)
        return
    plain, fed = result["plain"], result["fed"]
    print(
        f"{precision:15} {xla:3}  {plain:8,.0f}  {fed:12,.0f}  {max(0.0, 1 - fed / plain):17.0%}"
        f"  {result['device']}",
        flush=True,
    )


def quiet(_line: str) -> None:
    """Print nothing."""


def measure(options: argparse.Namespace, precision: str, xla: str) -> dict:
    """Photos a second from memory and with reading."""
    from tests.trainer.world import write_world
    from trainer.batches import training_batches
    from trainer.config import load_config
    from trainer.dry_run import time_step
    from trainer.fit import make_learner
    from trainer.hardware import set_up
    from trainer.shards import make_shards

    changes = (
        f"training.batch_size={options.batch}",
        f"hardware.precision={precision}",
        f"hardware.xla={xla}",
        "network.init=nothing",
    )
    config = load_config(options.config, changes)
    machine, strategy = set_up(config)
    with tempfile.TemporaryDirectory() as folder:
        world = write_world(Path(folder) / "world", sizes={"train": options.photos, "val": 4, "test": 4})
        snapshot = world.snapshot()
        shards = make_shards(snapshot, "train", world.images, Path(folder) / "shards", config.data, quiet)
        learner, order = make_learner(config, snapshot, shards.photos.class_ids, machine, strategy)
        plain = options.batch / time_step(learner, config, strategy)
        start = 0.0
        for number, batch in enumerate(training_batches(shards, order, config, range(2 + STEPS))):
            learner.train(batch).numpy()
            if number == 1:
                start = time.perf_counter()
        fed = options.batch * STEPS / (time.perf_counter() - start)
    return {"plain": plain, "fed": fed, "device": machine.device}


if __name__ == "__main__":
    main()
