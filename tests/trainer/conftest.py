"""Fixtures for the trainer's tests; without TensorFlow none of them is collected."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.trainer.world import World, write_world

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

collect_ignore_glob: list[str] = []
if find_spec("tensorflow") is None:
    collect_ignore_glob += ["test_*.py", "*/test_*.py"]
else:
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A snapshot of four taxa and photos that tell them apart, in a folder that no test changes."""
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def own_world(tmp_path: Path) -> World:
    """The same in a folder that the test may change."""
    return write_world(tmp_path / "world")
