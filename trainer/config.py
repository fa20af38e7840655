"""What decides a training run besides its data: typed, checked, and written beside the results.

A config is a TOML file with the sections below; a key left out has the default that stands here, which
is the recipe that iNaturalist published (inaturalist/inatVisionTraining, ``config.yml.example`` and
``datasets/inat_dataset.py``).
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trainer.errors import DataError
from trainer.files import write_text

NAME = "config.toml"
_MOST_DOTS = 1_000
#: The central part that the published code judges, and those that evaluation tries.
PUBLISHED_CROP = 0.875
#: Sections that may be changed after training.
_JUDGING = ("evaluation", "hardware")
CROPS = (1.0, PUBLISHED_CROP, 0.75, 0.625)
_LEAST_PIXELS = 32
#: Networks whose residual blocks are ours to leave out.
WITH_STOCHASTIC_DEPTH = ("efficientnet_lite0", "vit_small")

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Range = tuple[Positive, Positive]
NetworkName = Literal[
    "xception",
    "inception_v3",
    "efficientnet_v2_s",
    "efficientnet_lite0",
    "convnext_tiny",
    "vit_small",
    "miniature",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{name} is not a range: {value[0]} is more than {value[1]}")
        return self


class Data(_Section):
    """How photos are kept and read. Lengths in pixels."""

    image_size: Annotated[int, Field(ge=_LEAST_PIXELS, le=1024)] = 299
    #: The short side of a photo in the shards; one that is smaller already is not enlarged.
    short_side: Annotated[int, Field(ge=_LEAST_PIXELS, le=2048)] = 320
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 90


class Augment(_Section):
    """What is done to a training photo, drawn anew for each epoch. Ranges are uniform."""

    crop_area: Range = (0.08, 1.0)
    crop_aspect: Range = (0.75, 1.33)
    #: The least share of the photo that a crop holds (``min_object_covered`` in the published recipe).
    crop_covers: Share = 0.1
    flip: bool = True
    #: Share of the photos whose colours are changed; the next four say how.
    colour_share: Share = 0.3
    hue: Share = 0.08
    saturation: Range = (0.6, 1.6)
    brightness: Share = 0.05
    contrast: Range = (0.7, 1.3)
    #: RandAugment (Cubuk et al. 2020): so many operations on each photo, after colours; 0: none.
    randaugment_operations: Annotated[int, Field(ge=0, le=10)] = 0
    #: The share of each operation's range that is used (`trainer.randaugment`); 0.3 is about 9 of 30.
    randaugment_magnitude: Share = 0.3

    @model_validator(mode="after")
    def _crops_within(self) -> Self:
        if self.crop_area[1] > 1:
            raise ValueError("crop_area is a share of the photo: at most 1")
        return self


class Network(_Section):
    """The network between a photo and its logits."""

    name: NetworkName = "xception"
    #: Before the classifier.
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    #: How often the last residual block is left out of a photo's way while training; the chance rises in a
    #: straight line from the first block (Huang et al. 2016, ECCV). For efficientnet_lite0 and vit_small; of
    #: those of Keras, efficientnet_v2_s has it built in, with 0.2. 0: never.
    stochastic_depth: Annotated[float, Field(ge=0, lt=1)] = 0.0
    #: What the weights start from. "nothing": random values. "imagenet": the weights that Keras keeps on this
    #: machine (nothing is downloaded; an error says what to put where). Else a path: a file of weights
    #: (.keras, .h5, .weights.h5, .pth for efficientnet_lite0), a run's folder, or an export's. Of a run or an
    #: export the classifier's rows of classes that both have are taken too, by taxon id.
    init: Annotated[str, Field(min_length=1)] = "nothing"
    #: Layers that keep the weights they start with, their batch normalisation included. "nothing";
    #: "features": all but the classifier; or the name of a block: all layers up to its last ("block_5",
    #: "block4", "mixed3").
    freeze: Annotated[str, Field(min_length=1)] = "nothing"
    #: ``last_layer`` freezes the features too, computes them once, and trains the classifier on those.
    train: Literal["all", "last_layer"] = "all"
    #: With ``last_layer``: views of each training photo whose features are kept. The first is the centre of
    #: the photo, the others are drawn as [augment] says; epochs take them in turn.
    feature_views: Annotated[int, Field(ge=1, le=100)] = 1


class Training(_Section):
    """The optimiser's work."""

    #: Photos in a step, over all devices.
    batch_size: Annotated[int, Field(ge=1)] = 256
    epochs: Annotated[int, Field(ge=1)] = 80
    optimizer: Literal["rmsprop", "adamw"] = "rmsprop"
    learning_rate: Positive = 0.05
    #: "steps": times ``decay`` every ``decay_epochs``. "cosine": falls to 0 at the last step along half a
    #: cosine.
    schedule: Literal["steps", "cosine"] = "steps"
    #: Epochs in which the rate first rises from 0 in a straight line; 0: none.
    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    #: Pixels of a side in the first quarter of the epochs; they grow in equal steps to ``image_size`` in the
    #: last quarter (Tan and Le 2021, ICML, progressive learning). 0: ``image_size`` in all.
    first_image_size: Annotated[int, Field(ge=0)] = 0
    decay: Annotated[float, Field(gt=0, le=1)] = 0.94
    decay_epochs: Positive = 4.0
    rho: Share = 0.9
    momentum: Share = 0.9
    epsilon: Positive = 1.0
    weight_decay: Share = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    #: Share of the smoothing that goes to relatives (genus, family, order ...) instead of all alike.
    smoothing_to_relatives: Share = 0.0
    #: 0: photos as they are; 1: every class as often as every other; between: n to the power 1 - balance.
    balance: Share = 0.0
    #: This times the log of a class's share of training photos is added to its logits while training, so that
    #: rare classes are not held back by being rare (Menon et al. 2021, ICLR). 1: as published; 0: none.
    logit_adjustment: Annotated[float, Field(ge=0, le=4)] = 0.0
    #: Photos of a batch are mixed in pairs, and their labels with them; the shares are drawn from
    #: Beta(mixup, mixup) (Zhang et al. 2018, ICLR). 0: none.
    mixup: Annotated[float, Field(ge=0, le=10)] = 0.0
    #: Decay of the running mean of the weights, by step; 0: none. With it, evaluation uses the mean.
    weights_mean: Annotated[float, Field(ge=0, lt=1)] = 0.0
    #: Steps between checkpoints within an epoch; there is one at each epoch's end besides.
    checkpoint_steps: Annotated[int, Field(ge=1)] = 2000
    #: Steps between looks at the loss: progress is reported, and a loss that is no number stops the run.
    watch_steps: Annotated[int, Field(ge=1)] = 50


class Hardware(_Section):
    """How the machine is used. ``auto`` is decided by what is there, and reported."""

    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"] = "auto"
    strategy: Literal["auto", "one", "mirrored", "multi_worker"] = "auto"
    xla: Literal["auto", "on", "off"] = "auto"
    #: ``on``: the same bits for the same seed on a GPU too, slowly. On a CPU they are the same in any case.
    deterministic: Literal["on", "off"] = "off"
    #: Threads for reading and decoding; 0: as many as there are processors.
    input_threads: Annotated[int, Field(ge=0)] = 0


class Evaluation(_Section):
    """What is computed on the test set."""

    #: The central part of a photo that is judged, as a share of each side. "auto": the one of CROPS that
    #: gives the labels of validation photos the highest probability.
    crop: Annotated[float, Field(gt=0, le=1)] | Literal["auto"] = "auto"
    #: Which checkpoint is judged, and then exported and used: the newest, or that of the epoch in which most
    #: validation photos were named right.
    checkpoint: Literal["newest", "best"] = "newest"
    #: Views of it whose probabilities are averaged. 1: as it is; 2: mirrored too; 10: and its four corners.
    views: Literal[1, 2, 10] = 1
    #: Weigh by where and when the photo was taken, and report it beside the plain result.
    prior: bool = True
    #: Learn where and when classes are (`trainer.geomodel`) beside counting it, where there are places
    #: enough.
    geomodel: bool = True
    #: Validation photos used to fit the temperature and the weight of the prior.
    calibration_photos: Annotated[int, Field(ge=1)] = 20_000
    #: Photos judged between two files of predictions; a killed evaluation loses one such pass.
    pass_photos: Annotated[int, Field(ge=1)] = 100_000

    @property
    def training_crop(self) -> float:
        """The central part that is judged while training goes on, before the best one is known."""
        return PUBLISHED_CROP if self.crop == "auto" else self.crop


class Config(_Section):
    """A whole config."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    data: Data = Data()
    augment: Augment = Augment()
    network: Network = Network()
    training: Training = Training()
    hardware: Hardware = Hardware()
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        network, training = self.network, self.training
        is_frozen = network.train == "last_layer" or network.freeze != "nothing"
        if is_frozen and network.init == "nothing":
            raise ValueError("network.init is nothing: frozen layers would keep random weights; give a start")
        if network.feature_views > 1 and network.train != "last_layer":
            raise ValueError("network.feature_views is for network.train last_layer alone")
        if training.warmup_epochs >= training.epochs:
            raise ValueError("training.warmup_epochs is not less than training.epochs")
        if self.data.short_side < self.data.image_size:
            raise ValueError("data.short_side is less than data.image_size")
        self._check_growing()
        if network.stochastic_depth and network.name not in WITH_STOCHASTIC_DEPTH:
            some = " or ".join(WITH_STOCHASTIC_DEPTH)
            raise ValueError(f"network.stochastic_depth: {network.name} cannot have it; give {some}")
        return self

    def _check_growing(self) -> None:
        first = self.training.first_image_size
        if not first:
            return
        if not _LEAST_PIXELS <= first <= self.data.image_size:
            raise ValueError(f"training.first_image_size is not {_LEAST_PIXELS} to data.image_size")
        if self.network.train == "last_layer":
            raise ValueError(
                "training.first_image_size is for network.train all: kept features have one size"
            )
        if self.network.name == "vit_small":
            raise ValueError("training.first_image_size: vit_small takes photos of one size; give 0")


def load_config(path: Path, changes: Sequence[str] = ()) -> Config:
    """The config in a file, with changes like ``training.epochs=3``. DataError if it makes no sense."""
    try:
        given = tomllib.loads(_text(path))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path}: {reason}; give a config like those in trainer/configs") from None
    for change in changes:
        _change(given, change)
    try:
        return Config.model_validate(given, strict=False)
    except ValidationError as error:
        raise DataError(f"{path}: {_explain(error)}; trainer/config.py lists the keys") from None


def _text(path: Path) -> str:
    """A config's text. A parser's time grows with the square of the dots in a key."""
    text = path.read_text(encoding="utf-8")
    if text.count(".") > _MOST_DOTS:
        raise ValueError(f"has more than {_MOST_DOTS:,} dots")
    return text


def with_evaluation(config: Config, changes: Sequence[str]) -> Config:
    """The config with changes of how it is judged.

    DataError if one is of another section, or makes no sense.
    """
    given = config.model_dump(mode="json")
    for change in changes:
        if change.split(".")[0].strip() not in _JUDGING:
            raise DataError(
                f"--set {change}: evaluate takes keys of {' and '.join(_JUDGING)} alone; give others to fit"
            )
        _change(given, change)
    try:
        return Config.model_validate(given, strict=False)
    except ValidationError as error:
        raise DataError(f"--set: {_explain(error)}; trainer/config.py lists the keys") from None


def write_config(path: Path, config: Config) -> None:
    """Write every key with its value, as a TOML file that `load_config` reads."""
    text = tomli_w.dumps(config.model_dump(mode="json"))
    write_text(path, f"# Every key of this run's config, as it was resolved.\n{text}")


def differences(before: Config, after: Config) -> list[str]:
    """What changed, as ``section.key: old, now new``."""
    old, new = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    return [f"{key}: {old[key]}, now {new[key]}" for key in old if old[key] != new[key]]


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _change(given: dict[str, Any], change: str) -> None:
    """Apply ``section.key=value``. The value is TOML; a bare word is text."""
    name, equals, text = change.partition("=")
    *sections, key = name.strip().split(".")
    if not equals or not key:
        raise DataError(f"--set {change}: not like training.epochs=3; write section.key=value")
    for section in sections:
        given = given.setdefault(section, {})
        if not isinstance(given, dict):
            raise DataError(f"--set {change}: {section} is no section; trainer/config.py lists the keys")
    given[key] = _value(text.strip())


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
