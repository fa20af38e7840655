"""What a run's weights start from, and that it never needs it again."""

import inspect
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.applications import convnext, efficientnet_v2, inception_v3, xception
from keras.src.legacy.saving import legacy_h5_format

from tests.trainer.test_fit import newest, quiet, same, train
from tests.trainer.world import World, seal, small_config
from trainer.config import NetworkName
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.export import export
from trainer.fit import fit
from trainer.folds import find_label_issues
from trainer.model import build_network, features_of
from trainer.networks.catalogue import NETWORKS
from trainer.start import Start, apply_start, keep_start, read_start


@pytest.fixture(scope="module")
def earlier(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch, and its network as files."""
    folder = tmp_path_factory.mktemp("earlier") / "run"
    train(world, folder, small_config("training.epochs=1", "seed=5"))
    export(folder, "keras")
    return folder


def start_of(init: object, *changes: str) -> Start:
    return read_start(small_config(f"network.init='{init}'", *changes))


def equal(one: list, other: list) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_run_and_its_export_are_one_start(earlier: Path) -> None:
    run, model = start_of(earlier), start_of(earlier / "model.keras")
    assert equal(run.features, model.features)
    assert run.taxon_ids.tolist() == model.taxon_ids.tolist() == [201, 202, 301, 302]
    assert np.array_equal(run.kernel, model.kernel)
    assert np.array_equal(run.bias, model.bias)
    assert run.kernel.shape == (192, 4)


def test_rows_of_the_classifier_follow_their_taxon(earlier: Path, tmp_path: Path) -> None:
    """Of three classes here one was there: 302, then in row 3, now in row 1."""
    config = small_config(f"network.init='{earlier}'")
    keep_start(config, tmp_path)
    keras.utils.set_random_seed(1)
    model = build_network(config, 3)
    fresh = model.get_layer("logits").get_weights()
    assert apply_start(model, tmp_path, np.array([7, 302, 999])) == 1
    kernel, bias = model.get_layer("logits").get_weights()
    start = read_start(config)
    assert np.array_equal(kernel[:, 1], start.kernel[:, 3])
    assert bias[1] == start.bias[3]
    assert np.array_equal(kernel[:, [0, 2]], fresh[0][:, [0, 2]])
    assert equal(model.get_layer("features").get_weights(), start.features)


@pytest.mark.parametrize("name", ["model.keras", "top.keras", "plain.h5", "legacy.h5", "own.weights.h5"])
def test_plain_files_of_a_network_are_taken(name: str, tmp_path: Path) -> None:
    """As anybody saves them who never heard of this trainer; the name inside is not ours."""
    features = build_network(small_config(), 4).get_layer("features")
    outputs = features(inputs := keras.Input((32, 32, 3)))
    if name == "top.keras":
        outputs = keras.layers.Dense(10, name="predictions")(outputs)
    model = keras.Model(inputs, outputs)
    path = tmp_path / name
    if name == "own.weights.h5":
        features.save_weights(path)
    elif name == "legacy.h5":
        write_legacy(path, features)
    else:
        (model if name == "top.keras" else keras.models.clone_model(features)).save(path)
    selected = model if name == "top.keras" else features
    if name in ("model.keras", "plain.h5"):
        selected = keras.models.load_model(path, compile=False)
    result = start_of(path)
    assert equal(result.features, selected.get_weights()[: len(result.features)])
    assert result.kernel is None


def write_legacy(path: Path, model: keras.Model) -> None:
    """As Keras's own files of ImageNet weights are: attributes name the layers and their weights."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{number}:0" for number in range(len(layer.weights))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, values in zip(names, layer.get_weights(), strict=True):
                group.create_dataset(name, data=values)


def test_imagenet_is_what_keras_keeps_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    small = ("data.image_size=96", "data.short_side=96", "network.name=xception")
    with pytest.raises(
        DataError, match=r"network.init is imagenet: .*notop.h5 is not there; download https://"
    ):
        start_of("imagenet", *small)
    features = build_network(small_config(*small), 4).get_layer("features")
    (tmp_path / "models").mkdir()
    write_legacy(tmp_path / "models" / "xception_weights_tf_dim_ordering_tf_kernels_notop.h5", features)
    assert equal(start_of("imagenet", *small).features, features.get_weights())
    with pytest.raises(
        DataError, match="no weights of miniature on this machine; there are none that we know"
    ):
        start_of("imagenet")


APPLICATIONS = {
    "xception": (keras.applications.Xception, xception),
    "inception_v3": (keras.applications.InceptionV3, inception_v3),
    "efficientnet_v2_s": (keras.applications.EfficientNetV2S, efficientnet_v2),
    "convnext_tiny": (keras.applications.ConvNeXtTiny, convnext),
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_imagenet_weights_are_where_keras_looks_for_them(name: NetworkName) -> None:
    make, module = APPLICATIONS[name]
    file_name = f"{inspect.signature(make).parameters['name'].default}_notop.h5"
    base = getattr(module, "BASE_WEIGHTS_PATH", "")
    address = base + file_name if base else module.WEIGHTS_PATH_NO_TOP
    assert (NETWORKS[name].imagenet, NETWORKS[name].address) == (address.rsplit("/")[-1], address)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_published_file_says_here_what_it_says_in_keras(
    name: NetworkName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights in the layout of Keras's published files, written by Keras, where Keras looks for them.

    The yardstick is Keras's own application, behind its own preparation of pixels.
    """
    make, module = APPLICATIONS[name]
    theirs = make(include_top=False, weights=None, input_shape=(75, 75, 3), pooling="avg")
    random = np.random.default_rng(1)
    for weight in theirs.weights:
        if not weight.path.endswith("kernel"):
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
    (tmp_path / "models").mkdir()
    with h5py.File(tmp_path / "models" / NETWORKS[name].imagenet, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, theirs)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    config = small_config(
        f"network.name={name}", "network.init=imagenet", "data.image_size=75", "data.short_side=75"
    )
    keep_start(config, tmp_path)
    ours = build_network(config, 3)
    apply_start(ours, tmp_path, np.array([7, 8, 9]))
    pixels = random.integers(0, 256, (2, 75, 75, 3)).astype(np.float32)
    selected = np.asarray(theirs(module.preprocess_input(pixels.copy()), training=False))
    result = np.asarray(features_of(ours)(pixels, training=False))
    assert np.ptp(selected) > 0.1
    assert np.allclose(result, selected, rtol=1e-3, atol=1e-3 * np.abs(selected).max())


def test_what_does_not_fit_is_refused_in_one_line(earlier: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"network.init: .*none.keras: no such file; give weights, a run"):
        start_of(tmp_path / "none.keras")
    with pytest.raises(
        DataError, match=r"not weights of vit_small at 32 pixels \(.* arrays where .* needed\)"
    ):
        start_of(earlier / "model.keras", "network.name=vit_small")
    with pytest.raises(DataError, match=r"not weights of vit_small at 32 pixels \(a run of miniature\)"):
        start_of(earlier, "network.name=vit_small")
    (tmp_path / "noise.h5").write_bytes(b"noise")
    with pytest.raises(DataError, match=r"noise.h5: not weights of miniature at 32 pixels"):
        start_of(tmp_path / "noise.h5")
    with pytest.raises(DataError, match=r"model.keras: no such file; give weights, a run or an export"):
        start_of(tmp_path)


def test_a_run_never_needs_its_start_again(own_world: World, earlier: Path, tmp_path: Path) -> None:
    """The earlier run is gone after the first step: going on, folds, evaluation and export do without."""
    gone = tmp_path / "gone"
    shutil.copytree(earlier, gone)
    config = small_config(f"network.init='{gone}'", "training.epochs=1")
    straight, moved = tmp_path / "straight", tmp_path / "moved"
    train(own_world, straight, config)
    train(own_world, moved, config)
    for path in (moved / "checkpoints").iterdir():
        path.unlink()
    shutil.rmtree(gone)
    recorded = train(own_world, moved, config)
    assert "fit: 4 classes go on from what the start knew of them" in recorded
    assert same(newest(straight), newest(moved))
    find_label_issues(moved, 2, say=quiet)
    evaluate(moved, say=quiet)
    export(moved, "keras")


@pytest.mark.parametrize("freeze", ["conv_2", "features"])
def test_frozen_layers_keep_their_weights_and_running_means(
    world: World, earlier: Path, tmp_path: Path, freeze: str
) -> None:
    config = small_config(f"network.init='{earlier}'", f"network.freeze={freeze}", "training.epochs=1")
    train(world, tmp_path / "run", config)
    before, after = read_start(config).features, start_of(tmp_path / "run").features
    is_kept = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    names = [weight.path for weight in build_network(config, 4).get_layer("features").weights]
    last = max(at for at, name in enumerate(names) if freeze == "features" or "conv_2" in name)
    assert all(is_kept[: last + 1])
    assert not any(is_kept[last + 1 :])


def test_a_block_that_is_none(earlier: Path) -> None:
    with pytest.raises(DataError, match=r"network.freeze: miniature has no layer block_9; it has conv_0, "):
        build_network(small_config(f"network.init='{earlier}'", "network.freeze=block_9"), 4)


def test_the_last_layer_is_trained_on_features_computed_once(
    world: World, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    config = small_config(
        f"network.init='{earlier}'",
        "network.train=last_layer",
        "network.feature_views=3",
        "training.epochs=4",
    )
    recorded = train(world, run, config)
    kept = {
        str(path.relative_to(run)): np.load(path).shape for path in sorted((run / "features").rglob("*.npy"))
    }
    assert kept == {
        "features/test/view0/00000.npy": (16, 192),
        **{f"features/train/view{view}/00000.npy": (48, 192) for view in range(3)},
        "features/val/view0/00000.npy": (12, 192),
    }
    assert "features: train, view 1: 48 of 48 photos" in recorded
    assert equal(read_start(config).features, start_of(run).features)
    # Nothing is computed again: neither by going on nor by folds.
    assert not [line for line in train(world, run, config) if line.startswith("features: ")]
    lines: list[str] = []
    find_label_issues(run, 2, say=lines.append)
    assert not [line for line in lines if line.startswith("features: ")]
    evaluate(run, say=quiet)


def test_the_last_layer_is_bit_for_bit_when_it_goes_on(world: World, earlier: Path, tmp_path: Path) -> None:
    changes = [f"network.init='{earlier}'", "network.train=last_layer", "network.feature_views=2"]
    train(world, tmp_path / "straight", small_config(*changes, "training.epochs=3"))
    train(world, tmp_path / "stopped", small_config(*changes, "training.epochs=3"))
    for path in (tmp_path / "stopped" / "checkpoints").glob("*18.npz"):
        path.unlink()
    assert len(list((tmp_path / "stopped" / "checkpoints").glob("[0-9]*"))) == 1
    train(world, tmp_path / "stopped", small_config(*changes, "training.epochs=3"))
    assert same(newest(tmp_path / "straight"), newest(tmp_path / "stopped"))


def test_photos_that_come_later_belong_to_a_new_run(own_world: World, tmp_path: Path) -> None:
    run, photo = tmp_path / "run", own_world.image(5)
    content = photo.read_bytes()
    photo.unlink()
    config = small_config("training.epochs=1")
    train(own_world, run, config)
    photo.write_bytes(content)
    with pytest.raises(DataError, match=r"its photos are others than when it began \(47 train, now 48\)"):
        train(own_world, run, config)
    train(own_world, run, config, accept_changes=True)
    fit(config, own_world.snapshot_folder, own_world.images, tmp_path / "new", say=quiet)
    assert (tmp_path / "new" / "photos.json").read_text() == (run / "photos.json").read_text()


def test_a_world_of_other_classes_goes_on_from_an_earlier_one(
    own_world: World, earlier: Path, tmp_path: Path
) -> None:
    """One class has become another taxon: three rows are carried over."""
    for name in ("taxonomy.csv", "train_data.csv"):
        path = own_world.snapshot_folder / name
        path.write_text(path.read_text().replace("20,201,10,0", "20,209,10,0"))
    seal(own_world.snapshot_folder)
    recorded = train(
        own_world, tmp_path / "run", small_config(f"network.init='{earlier}'", "training.epochs=1")
    )
    assert "fit: 3 classes go on from what the start knew of them" in recorded
