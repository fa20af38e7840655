"""Configs: what is taken, what is refused, and what is written down."""

from pathlib import Path

import pytest

from trainer.config import Config, differences, load_config, write_config
from trainer.errors import DataError

CONFIGS = Path("trainer/configs")


def test_the_full_recipe_is_the_default_and_iNaturalists() -> None:  # noqa: N802
    config = load_config(CONFIGS / "xception_299.toml")
    from_imagenet = Config().network.model_copy(update={"init": "imagenet"})
    judged = Config().evaluation.model_copy(update={"crop": 0.875})
    assert config == Config(network=from_imagenet, evaluation=judged)
    training = config.training
    assert (config.network.name, config.data.image_size, config.network.dropout) == ("xception", 299, 0.5)
    assert (training.optimizer, training.rho, training.momentum, training.epsilon) == (
        "rmsprop",
        0.9,
        0.9,
        1.0,
    )
    assert (training.learning_rate, training.decay, training.decay_epochs) == (0.05, 0.94, 4)
    assert (training.batch_size, training.epochs) == (256, 80)
    assert (config.augment.crop_area, config.augment.crop_aspect) == ((0.08, 1.0), (0.75, 1.33))
    assert (config.augment.flip, config.augment.colour_share) == (True, 0.3)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_each_file_opens_with_the_command_and_what_to_expect(path: Path) -> None:
    comment = "\n".join(line for line in path.read_text().split("\n\n")[0].splitlines())
    assert f"--config {path}" in comment
    assert "Expected:" in comment


def test_changes_are_toml_values_and_bare_words() -> None:
    changes = ["training.epochs=3", "network.name=vit_small", "augment.crop_area=[0.5, 1]", "seed = 9"]
    config = load_config(CONFIGS / "miniature.toml", changes)
    assert (config.training.epochs, config.network.name, config.seed) == (3, "vit_small", 9)
    assert config.augment.crop_area == (0.5, 1.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("training.epochs=0", "training.epochs: Input should be greater than or equal to 1"),
        ("training.epochs=many", "training.epochs: Input should be a valid integer"),
        ("training.epoch=3", "training.epoch: Extra inputs are not permitted"),
        ("network.name=alexnet", "network.name: Input should be 'xception', 'inception_v3'"),
        ("augment.crop_area=[0.9, 0.1]", "augment: crop_area is not a range: 0.9 is more than 0.1"),
        ("augment.crop_area=[0.5, 2.0]", "augment: crop_area is a share of the photo: at most 1"),
        ("data.short_side=48", "data.short_side is less than data.image_size"),
        ("network.train=last_layer", "network.init is nothing: frozen layers would keep random weights"),
        ("network.freeze=block_1", "network.init is nothing: frozen layers would keep random weights"),
        ("network.feature_views=2", "network.feature_views is for network.train last_layer alone"),
        ("training.warmup_epochs=12", "training.warmup_epochs is not less than training.epochs"),
        ("network.stochastic_depth=0.2", "network.stochastic_depth: miniature cannot have it; give"),
        ("training.first_image_size=80", "training.first_image_size is not 32 to data.image_size"),
        ("augment.randaugment_operations=-1", "augment.randaugment_operations: Input should be greater"),
        ("evaluation.crop=1.5", "evaluation.crop"),
        ("training.learning_rate=nan", "training.learning_rate: Input should be"),
        ("epochs", "--set epochs: not like training.epochs=3"),
        ("seed.x=1", "--set seed.x=1: seed is no section"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(change: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        load_config(CONFIGS / "miniature.toml", [change])
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("vit_small_224.toml", "training.first_image_size=96", "vit_small takes photos of one size"),
        ("efficientnet_lite0_224.toml", "training.first_image_size=96", "kept features have one size"),
    ],
)
def test_photos_that_cannot_grow_are_refused(name: str, change: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        load_config(CONFIGS / name, [change])


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.toml: No such file or directory; give a config like"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[training\n")
    with pytest.raises(DataError, match=r"bad.toml: .*; give a config like those in trainer/configs"):
        load_config(tmp_path / "bad.toml")


def test_the_resolved_config_reads_back_the_same(tmp_path: Path) -> None:
    config = load_config(CONFIGS / "miniature.toml", ["network.dropout=0.125"])
    write_config(tmp_path / "config.toml", config)
    assert load_config(tmp_path / "config.toml") == config
    assert differences(config, load_config(tmp_path / "config.toml", ["seed=2", "network.dropout=0"])) == [
        "seed: 1, now 2",
        "network.dropout: 0.125, now 0.0",
    ]
