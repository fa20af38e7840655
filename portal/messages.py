"""Sentences that are stored in English, told in the reader's language.

The exporter knows no languages, and what is written down is read by many: reasons in a worklist, what guards
found, notes of the log. Each of their sentences has its pattern here, `{name}` for what differs; a sentence
that has none, such as what a person wrote, is told as it is.
"""

import re
from functools import cache

from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation import get_language, gettext, gettext_noop

from portal.numbers import number

SENTENCES = (
    # Notes of a blitz's log: portal.blitzes.services
    gettext_noop("Withdrawn by the proposer."),
    # Reasons: exporter.hotspots.worklist
    gettext_noop("Little speaks for the label."),
    gettext_noop("No identification of it is known."),
    gettext_noop("Of {identifications} identifications {disagreeing} disagree."),
    gettext_noop("First named by a computer-vision suggestion."),
    gettext_noop("Of {reviewed} reviewed labels of this taxon {overturned} were overturned."),
    gettext_noop("It is hardly ever named around here."),
    gettext_noop("A trained model takes it for another taxon."),
    gettext_noop("A trained model takes it for {taxon}."),
    gettext_noop("From photos it is mostly left at the genus."),
    gettext_noop("From photos it is mostly left at {taxon}."),
    gettext_noop("It may be another taxon."),
    gettext_noop("It may be {taxon}."),
    # What a lake lacks to find hotspots by: exporter.hotspots.evidence
    gettext_noop("No identifications in this lake: hotspots need them."),
    gettext_noop(
        "Not enough evidence for hotspots: in this lake a second person identified {reviewed} observations,"
        " and it takes {least}."
    ),
    gettext_noop("Load API observation JSON, or run `python -m exporter pull --taxon ID`."),
    gettext_noop(
        "No taxon of this lake passes {rule}, so that no label would be exported:"
        " `python -m exporter readiness` says what each lacks."
    ),
    # Guards: exporter.guards
    gettext_noop("Without identifications in the lake nobody can tell who confirmed what, and when."),
    gettext_noop(
        "The identifications reach back {windows} windows of {days} days; it takes {needed} to tell what is"
        " usual."
    ),
    gettext_noop(
        "In the {days} days before the cutoff {found} identifications confirmed a label; {expected} would be"
        " expected without a push."
    ),
    gettext_noop(
        "Each of {taxa} taxa was compared with its own past and season: {odd} got far more than expected."
    ),
    gettext_noop(
        "Each of {taxa} taxa was compared with its own past; seasons cannot be told yet: {odd} got far more"
        " than expected."
    ),
    gettext_noop(
        "Without a push, or somebody's going through a whole group, none would but once in a hundred cutoffs."
    ),
    gettext_noop("no identification that confirms another's"),
    gettext_noop("identifications reach back too short a time"),
    gettext_noop("seasons: the identifications reach back less than a year"),
    gettext_noop(
        "{above} species have 0 to {most} observations to spare; by the numbers further from the line about"
        " {expected} would be expected without a push."
    ),
    gettext_noop("How many usually cross the line cannot be told: the data reach back too short a time."),
    gettext_noop(
        "{crossed} crossed the line in this window; in the {windows} windows before it {usual} did on"
        " average, and about as many would be expected without a push."
    ),
    gettext_noop("crossings of the line: the lake reaches back too short a time"),
    gettext_noop("There is no previous snapshot to compare the classes and their photos with."),
    gettext_noop("The previous snapshot was made by other criteria: its classes cannot be compared."),
    gettext_noop("{added} classes are new since the previous snapshot, {lost} are lost."),
    gettext_noop("By the turnover before it, about {added} and {lost} would be expected without a push."),
    gettext_noop(
        "Photos per class differ by {most} at most (Kolmogorov-Smirnov, p = {chance}). Without a push classes"
        " grow slowly, and p is close to 1."
    ),
    gettext_noop("no previous snapshot was given"),
    gettext_noop("the previous snapshot has other criteria"),
    gettext_noop("usual turnover: too few of the windows that tell it lie before the previous snapshot"),
    gettext_noop(
        "{held} observations wait for the next export with a label that is new or became finer in the"
        " settling window; {removed} lost a label, which counts at once."
    ),
    gettext_noop("{taxa} taxa would be classes if the new labels counted, and are none."),
    gettext_noop(
        "Some are held back before every cutoff: identifying never stops. That alone is no sign of a push."
    ),
    gettext_noop(
        "{observations} observations have no identifications in the lake: they are taken to have had their"
        " labels since they were made"
    ),
    # Steps of a pull: exporter.pull.plan
    gettext_noop("clades that people chose to load"),
    gettext_noop("what changed in watched taxa"),
    gettext_noop("counts of all taxa"),
    gettext_noop("which watched taxa the model knows"),
    gettext_noop("deleted or moved observations"),
    gettext_noop("watched taxa not pulled yet"),
    gettext_noop("{step}: the {requests} requests given to it are spent; it goes on next time."),
    gettext_noop("Re-count of taxon {taxon}: {observations} observations put right."),
    gettext_noop("iNaturalist: {fault}; asking again in {seconds} s ({address})"),
    # What stopped something: portal.sync, portal.cutoffs.snapshotting, portal.notices.sending
    gettext_noop("It was stopped before it was done."),
    gettext_noop("A fault of the program, {fault}"),
    gettext_noop("The answer was {status}."),
    gettext_noop("No data that reach the cutoff came in {days} days: pull or load them, then try again."),
    gettext_noop("Its worker died {times} times, perhaps for lack of memory: see its log."),
    # Notes: portal.cutoffs.services
    gettext_noop("dry run"),
    # Exports before Leafline: portal.cutoffs.migrations.0002_past_exports
    gettext_noop("March 2020"),
    gettext_noop("July 2021"),
    gettext_noop("April 2022"),
    gettext_noop("after April 2022"),
    gettext_noop("about September 2023"),
    gettext_noop("about October 2023"),
    gettext_noop("5 April 2024"),
    gettext_noop("iNaturalist post {post} and config.yml.example of inatVisionTraining"),
    gettext_noop("iNaturalist post {post}"),
    gettext_noop("iNaturalist blog {post}, forum {thread}"),
    gettext_noop("iNaturalist blogs {post}, {other}"),
    gettext_noop("iNaturalist blog {post}"),
    gettext_noop("iNaturalist forum {thread}"),
)

_PLACE = re.compile(r"\\{(\w+)\\}")
_WHOLE = re.compile(r"\d{1,3}(,\d{3})+|\d+")
_DECIMAL = re.compile(r"\d+\.\d+")


def retold(text: str) -> str:
    """The text in the reader's language, as far as its sentences are known."""
    if get_language() in (None, settings.LANGUAGE_CODE):
        return text
    told, rest = [], text
    while rest:
        found = _first_sentence(rest)
        if found is None:
            told.append(rest)
            break
        sentence, values, length = found
        told.append(gettext(sentence).format(**{name: _value(value) for name, value in values.items()}))
        rest = rest[length:].lstrip(" ")
    return " ".join(told)


def is_known(text: str) -> bool:
    """Whether every sentence of a text has its pattern."""
    while text:
        found = _first_sentence(text)
        if found is None:
            return False
        text = text[found[2] :].lstrip(" ")
    return True


def _first_sentence(text: str) -> tuple[str, dict[str, str], int] | None:
    """The pattern of the sentence with which a text begins, its values, and its length."""
    for sentence, pattern in _patterns():
        if match := pattern.match(text):
            return sentence, match.groupdict(), match.end()
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """A sentence ends where the text does or before a blank; what differs in it is as short as can be."""
    return [
        (sentence, re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(sentence)) + r"(?= |$)"))
        for sentence in SENTENCES
    ]


def _value(text: str) -> str:
    """A number as the reader's language writes it; anything else as it is."""
    if _WHOLE.fullmatch(text):
        whole = int(text.replace(",", ""))
        return number(whole) if "," in text else text
    if _DECIMAL.fullmatch(text):
        return text.replace(".", get_format("DECIMAL_SEPARATOR"))
    return text
