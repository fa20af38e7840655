"""A page that says what a model is, what it knows, and what its photos' licences ask for."""

from typing import Any

from trainer.calibration import Calibration
from trainer.credits import licence_name
from trainer.runs import Run


def model_card(run: Run, calibration: Calibration, results: dict[str, Any], licences: dict[str, int]) -> str:
    """The page as Markdown."""
    overall, network = results["overall"], run.config.network
    lines = [
        f"# A network of {len(run.snapshot.class_taxon_ids):,} taxa",
        "",
        f"- Network: {network.name} at {run.config.data.image_size} pixels, started from"
        f" {'random weights' if network.init == 'nothing' else 'other weights'}"
        f" ({'the last layer alone was trained' if network.train == 'last_layer' else 'trained'}"
        f" for {results['run']['epochs']} epochs).",
        f"- Training set: the snapshot with the digest `{run.snapshot.digest}`;"
        f" {results['run']['photos']['train']:,} photos for training, {results['run']['photos']['val']:,}"
        f" for validation, {results['run']['photos']['test']:,} for the test.",
    ]
    if run.snapshot.is_simulated:
        lines.append("- **The data are simulated: this model knows nothing of nature.**")
    lines += [
        "",
        "## How good it is",
        "",
        f"On test photos that it never saw, judged by the central {calibration.crop:.1%} of each side:",
        "",
        "| | top-1 (95 % interval) | top-5 | calibration error |",
        "| --- | ---: | ---: | ---: |",
        _row("photo alone", overall),
    ]
    if results.get("with_prior"):
        lines.append(_row("with place and date", results["with_prior"]))
    lines += ["", "One answer, the finest taxon that is likely enough:", ""]
    lines += ["| stated accuracy | answers that held | answers that are a class |", "| ---: | ---: | ---: |"]
    lines += [
        f"| {row['accuracy']:.0%} | {row['held']:.1%} ({row['held_low']:.1%} to {row['held_high']:.1%}) |"
        f" {row['to_a_class']:.1%} |"
        for row in results["calibration"]["answers"]
    ]
    lines += [
        "",
        "It names no taxon outside its classes: of a photo of anything else its answer is wrong, however",
        "likely it says that it is. Figures by taxon, clade, continent and month are in results.json.",
        "",
        "## Licences of its training photos",
        "",
        "| licence | photos |",
        "| --- | ---: |",
        *(f"| {licence_name(code)} | {number:,} |" for code, number in licences.items()),
        "",
        "Whether a model is bound by the licences of its training photos is disputed. They are counted here",
        "so that whoever passes the model on can decide.",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, figures: dict[str, Any]) -> str:
    return (
        f"| {name} | {figures['top1']:.1%} ({figures['top1_low']:.1%} to {figures['top1_high']:.1%}) |"
        f" {figures['top5']:.1%} | {figures['expected_calibration_error']:.1%} |"
    )
