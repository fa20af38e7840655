"""Messages as data: a code with its values, and the English that each code stands for.

What is stored, or passed to another program, is a list of messages such as
``[{"code": "disagree", "against": 1, "of": 3}]``, never a sentence that somebody would have to read back. The
portal renders it in the reader's language; here it is rendered in English, for the command line and for the
contract's columns.

A text names its values in braces. A whole number is written with its thousands marked; ``{n:d}`` is an id and
is written without marks, ``{x:.1f}`` has one decimal place, and ``{p:.2g}`` two significant digits. Where
``count`` names a value, ``one`` is the form for 1 and ``many`` that for every other number.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from string import Formatter
from typing import TypeAlias

Value: TypeAlias = str | int | float
#: "code", and the values that the code's text names.
Message: TypeAlias = dict[str, Value]
#: Writes a value by the format that the text gives it.
Write: TypeAlias = Callable[[Value, str], str]


@dataclass(frozen=True)
class Text:
    """The English of a code: ``many`` and ``count`` are empty where no form depends on a number."""

    one: str
    many: str = ""
    count: str = ""

    def form(self, message: Mapping[str, Value]) -> str:
        """Return the English form for a message's number."""
        return self.many if self.many and message[self.count] != 1 else self.one

    @cached_property
    def values(self) -> frozenset[str]:
        """The names of its values."""
        return frozenset(
            name for form in (self.one, self.many) for _literal, name, _spec in parts(form) if name
        )


#: Reasons to look at an observation: `exporter.hotspots.worklist`.
_REASONS = {
    "little": Text("Little speaks for the label."),
    "unidentified": Text("No identification of it is known."),
    "disagree": Text(
        "{against} of {of} identifications disagrees.",
        "{against} of {of} identifications disagree.",
        "against",
    ),
    "suggested": Text("First named by a computer vision suggestion."),
    "overturned": Text(
        "{n} of {of} reviewed labels of this taxon was overturned.",
        "{n} of {of} reviewed labels of this taxon were overturned.",
        "n",
    ),
    "out_of_range": Text("It is hardly ever named around here."),
    "model": Text("A trained model takes it for {taxon}."),
    "model_other": Text("A trained model takes it for another taxon."),
    "left_at": Text("From photos it is mostly left at {taxon}."),
    "left_at_genus": Text("From photos it is mostly left at the genus."),
    "maybe": Text("It may be {taxon}."),
    "maybe_other": Text("It may be another taxon."),
}

#: What a lake lacks to find hotspots by: `exporter.hotspots.evidence`.
_LACKS = {
    "no_identifications": Text("No identifications in this lake: hotspots need them."),
    "few_reviews": Text(
        "Not enough evidence for hotspots: a second person has identified {reviewed} observation of this"
        " lake, and at least {least} are needed.",
        "Not enough evidence for hotspots: a second person has identified {reviewed} observations of this"
        " lake, and at least {least} are needed.",
        "reviewed",
    ),
    "how_to_load": Text("Load API observation JSON, or run `python -m exporter pull --taxon ID`."),
    "no_class": Text(
        "No taxon of this lake passes {rule}, so that no label would be exported:"
        " `python -m exporter readiness` says what each lacks."
    ),
}

#: What the guards saw, and why one could not judge (a phrase after "What is missing"): `exporter.guards`.
_GUARDS = {
    "nobody_confirmed": Text(
        "Without identifications in the lake it is unknown who confirmed what, and when."
    ),
    "short_past": Text(
        "The identifications reach back {windows} window of {days} days; it takes {needed} to know what is"
        " usual.",
        "The identifications reach back {windows} windows of {days} days; it takes {needed} to know what is"
        " usual.",
        "windows",
    ),
    "confirmed": Text(
        "In the {days} days before the cutoff {found} identification confirmed a label; {expected} would be"
        " expected without a push.",
        "In the {days} days before the cutoff {found} identifications confirmed a label; {expected} would be"
        " expected without a push.",
        "found",
    ),
    "compared": Text(
        "Each of {taxa} taxa was compared with its own past and season: {odd} got far more than expected.",
        "Each of {taxa} taxa was compared with its own past and season: {odd} got far more than expected.",
        "odd",
    ),
    "compared_without_season": Text(
        "Each of {taxa} taxa was compared with its own past; seasons are not known yet: {odd} got far more"
        " than expected.",
        "Each of {taxa} taxa was compared with its own past; seasons are not known yet: {odd} got far more"
        " than expected.",
        "odd",
    ),
    "none_expected": Text(
        "Without a push, or somebody's going through a whole group, none would but once in a hundred cutoffs."
    ),
    "no_confirmation": Text("no identification that confirms another's"),
    "past_too_short": Text("identifications reach back too short a time"),
    "no_season": Text("seasons: the identifications reach back less than a year"),
    "near_line": Text(
        "{above} species has 0 to {most} observations to spare; by the numbers further from the line about"
        " {expected:.1f} would be expected without a push.",
        "{above} species have 0 to {most} observations to spare; by the numbers further from the line about"
        " {expected:.1f} would be expected without a push.",
        "above",
    ),
    "crossings_unknown": Text(
        "How many usually cross the line is unknown: the data do not reach back far enough."
    ),
    "crossings": Text(
        "{crossed} crossed the line in this window; in the {windows} windows before it {usual:.1f} did on"
        " average, and about as many would be expected without a push.",
        "{crossed} crossed the line in this window; in the {windows} windows before it {usual:.1f} did on"
        " average, and about as many would be expected without a push.",
        "crossed",
    ),
    "no_crossings": Text("crossings of the line: the lake reaches back too short a time"),
    "no_previous": Text("There is no previous snapshot to compare the classes and their photos with."),
    "other_criteria": Text(
        "The previous snapshot was made by other criteria: its classes cannot be compared."
    ),
    "turnover": Text("Since the previous snapshot: new classes {added}, lost classes {lost}."),
    "usual_turnover": Text(
        "By the turnover before it, about {added:.1f} and {lost:.1f} would be expected without a push."
    ),
    "photos_differ": Text(
        "Photos per class differ by {most:.3f} at most (Kolmogorov-Smirnov, p = {chance:.2g}). Without a push"
        " classes grow slowly, and p is close to 1."
    ),
    "previous_not_given": Text("no previous snapshot was given"),
    "previous_has_other_criteria": Text("the previous snapshot has other criteria"),
    "no_turnover": Text("usual turnover: too few windows to estimate it lie before the previous snapshot"),
    "held_back": Text(
        "{held} observation waits for the next export with a label that is new or became finer in the"
        " settling window.",
        "{held} observations wait for the next export with a label that is new or became finer in the"
        " settling window.",
        "held",
    ),
    "removed": Text(
        "{removed} observation lost its label, which counts at once.",
        "{removed} observations lost their label, which counts at once.",
        "removed",
    ),
    "kept_below": Text(
        "{taxa} taxon would be a class if the new labels counted, and is none.",
        "{taxa} taxa would be classes if the new labels counted, and are none.",
        "taxa",
    ),
    "always_some": Text(
        "Some are held back before every cutoff: identifying never stops. That alone is no sign of a push."
    ),
    "judged_by_times": Text(
        "{observations} observation has no identifications in the lake: it is taken to have had its label"
        " since it was made",
        "{observations} observations have no identifications in the lake: they are taken to have had their"
        " labels since they were made",
        "observations",
    ),
}

#: Steps of a pull, by their names (`exporter.pull.plan`), and what happens in one.
_PULLS = {
    "step_loads": Text("clades that people chose to load"),
    "step_changes": Text("what changed in watched taxa"),
    "step_counts": Text("counts of all taxa"),
    "step_model": Text("which watched taxa the model knows"),
    "step_re-counts": Text("deleted or moved observations"),
    "step_new": Text("watched taxa not pulled yet"),
    "step_spent": Text(
        "{step}: the {requests} request given to it is spent; it goes on next time.",
        "{step}: the {requests} requests given to it are spent; it goes on next time.",
        "requests",
    ),
    "recounted": Text(
        "Re-count of taxon {taxon:d}: {observations} observation put right.",
        "Re-count of taxon {taxon:d}: {observations} observations put right.",
        "observations",
    ),
    "api_no_answer": Text("iNaturalist: no answer ({error})."),
    "api_cut_off": Text("iNaturalist: an answer that breaks off."),
    "api_too_many": Text("iNaturalist: too many requests (429)."),
    "api_fault": Text("iNaturalist: a fault of its own ({status:d})."),
    "api_no_json": Text("iNaturalist: an answer that is no JSON ({type})."),
    "api_no_results": Text("iNaturalist: an answer without results."),
    "api_again": Text("Asking again in {seconds} s ({path})."),
    "api_gave_up": Text(
        "{address} failed {times} time; nothing is lost: run the same again later, it goes on where it"
        " stopped",
        "{address} failed {times} times in a row; nothing is lost: run the same again later, it goes on"
        " where it stopped",
        "times",
    ),
    "api_refused": Text("{address}: refused with {status:d} ({text}); check the request"),
    "budget_spent": Text(
        "the budget for {kind} to iNaturalist is spent until {until} UTC; run the same again then, it goes on"
        " where it stopped"
    ),
    "dump_stopped": Text("{file}: stopped at {now} of {size} bytes ({error})."),
    "dump_again": Text("Going on in {seconds} s."),
}

TEXTS: Mapping[str, Text] = {
    #: Words of a person or of another program, shown as they are.
    "text": Text("{text}"),
    **_REASONS,
    **_LACKS,
    **_GUARDS,
    **_PULLS,
}


def message(code: str, **values: Value) -> Message:
    """Return a message; its values are those that its text names."""
    return checked(TEXTS, code, values)


def checked(texts: Mapping[str, Text], code: str, values: Mapping[str, Value]) -> Message:
    """Return a message of one of these texts. ValueError unless its values are those that the text names."""
    if texts[code].values != values.keys():
        raise ValueError(f"{code}: {sorted(values)} are not the values that its text names")
    return {"code": code, **values}


def plain(text: str) -> list[Message]:
    """Return words of a person or of another program as messages; none of no words."""
    return [message("text", text=text)] if text else []


def english(messages: Iterable[Message], texts: Mapping[str, Text] = TEXTS) -> str:
    """Return messages in English, one sentence after the other."""
    return rendered(messages, texts, Text.form, _written)


def rendered(
    messages: Iterable[Message],
    texts: Mapping[str, Text],
    form: Callable[[Text, Message], str],
    write: Write,
) -> str:
    """Return messages in a language: ``form`` chooses the words of a text, ``write`` writes a value.

    What has no text, or lacks a value, such as a message of another version, is shown as it is stored.
    """
    return " ".join(
        _filled(form(text, one), one, write)
        if (text := texts.get(str(one.get("code")))) is not None and text.values <= one.keys()
        else ", ".join(f"{name}: {value}" for name, value in one.items())
        for one in messages
    )


def _filled(form: str, message: Message, write: Write) -> str:
    return "".join(
        literal + (write(message[name], spec) if name else "") for literal, name, spec in parts(form)
    )


@cache
def parts(form: str) -> tuple[tuple[str, str, str], ...]:
    """Return a form cut up: words, the value after them ("" at the end), and the value's format."""
    return tuple((literal, name or "", spec or "") for literal, name, spec, _ in Formatter().parse(form))


def _written(value: Value, spec: str) -> str:
    if isinstance(value, str):
        return value
    return format(value, spec or ("," if isinstance(value, int) else ""))
