"""What `ingest` says at its end, in words that a person can read."""

from collections import Counter
from collections.abc import Iterator

from exporter.gaps import Gap, Holdings
from exporter.ingest import IngestReport
from exporter.output import counted

_MOST_REASONS = 12


def summary_lines(report: IngestReport, holdings: Holdings | None) -> Iterator[str]:
    """Give the lines about what was refused and left out, and about what the lake holds and lacks now."""
    yield from _counted(f"{report.refused:,} refused, so not loaded:", report.refused_for)
    left_out = counted(report.left_out, "value")
    yield from _counted(f"{left_out} left out of what was loaded:", report.left_out_of)
    if holdings is None:
        return
    yield ""
    yield (
        f"The lake now has {counted(holdings.observations, 'observation')},"
        f" {counted(holdings.photos, 'photo')}, {counted(holdings.identifications, 'identification')}"
        f" and {counted(holdings.taxa, 'taxon', 'taxa')}."
    )
    if holdings.gaps and holdings.observations:
        yield "It lacks:"
        yield from _missing(holdings.gaps)
        yield from _remedies(holdings.gaps)


def _missing(gaps: tuple[Gap, ...]) -> Iterator[str]:
    width = max(len(f"{gap.missing:,}") for gap in gaps)
    for gap in gaps:
        of_all = "all" if gap.missing == gap.total else f"of {gap.total:,}"
        yield f"  {gap.missing:>{width},}  {gap.what} ({of_all})"
        yield f"  {'':>{width}}  {gap.effect}"


def _remedies(gaps: tuple[Gap, ...]) -> Iterator[str]:
    """What brings what is missing, each command once."""
    names: dict[str, list[str]] = {}
    for gap in gaps:
        if gap.remedy is not None:
            names.setdefault(gap.remedy, []).append(gap.name)
    for remedy, missing in names.items():
        yield f"For {', '.join(missing)}: {remedy}"


def _counted(title: str, reasons: Counter[str]) -> Iterator[str]:
    if not reasons:
        return
    yield ""
    yield title
    common = reasons.most_common(_MOST_REASONS)
    width = len(f"{common[0][1]:,}")
    for reason, number in common:
        yield f"  {number:>{width},}  {reason}"
    others = reasons.total() - sum(number for _, number in common)
    if others:
        yield f"  {others:>{width},}  for other reasons"
