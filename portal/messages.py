"""Messages in the reader's language: what is stored as codes with values (`exporter.messages`), rendered.

The English of each code is what the catalogues translate, in both forms where a number decides. Those of the
exporter are joined by the portal's own.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext, ngettext

from exporter import messages as exporter_messages
from exporter.errors import DataError
from exporter.messages import Message, Text, Value
from portal.numbers import decimal, number, significant

#: What stopped a piece of work: `portal.failures`, and whoever says more of its own work.
_FAILURES = {
    "stopped": Text("It was stopped before it was done."),
    "internal": Text("Internal error ({error})."),
    "worker_died": Text(
        "Its worker died {times} time, perhaps for lack of memory: see its log.",
        "Its worker died {times} times, perhaps for lack of memory: see its log.",
        "times",
    ),
    "pull_stopped": Text("A pull stopped before it was done."),
    "no_data": Text(
        "No data that reach the cutoff came in {days} day: pull or load them, then try again.",
        "No data that reach the cutoff came in {days} days: pull or load them, then try again.",
        "days",
    ),
    "answered": Text("The answer was {status:d}."),
    "not_sent": Text("It was not sent ({error})."),
}
#: What is wrong with the address of a webhook: `portal.notices.addresses`.
_ADDRESSES = {
    "address_unreadable": Text("The address cannot be read: write it as https://example.org/path."),
    "address_not_https": Text("The address must begin with https:// and name a host."),
    "address_with_port": Text("The address must not name a port: calls go to port 443."),
    "address_with_user": Text("The address must not hold a user or a password."),
    "address_unknown": Text("{host} has no address: check its spelling."),
    "address_private": Text("{host} lies in a private network: give a public address."),
}
#: What stopped a training: `portal.training`.
_TRAININGS = {
    "not_released": Text("This snapshot has not been released."),
    "trainer_unusable": Text("LEAFLINE_TRAINER ({path}): {reason}. Name the Python that has TensorFlow."),
    "trainer_without_tensorflow": Text(
        "LEAFLINE_TRAINER ({path}) has no TensorFlow: install trainer/requirements.txt there, or name another"
        " Python."
    ),
    "no_output": Text("No output."),
    "signal": Text("Ended by signal {signal:d}. Last output:"),
}
#: Notes in the audit logs of cutoffs and blitzes.
_NOTES = {
    "dry_run": Text("dry run"),
    "withdrawn": Text("Withdrawn by the proposer."),
}

TEXTS: Mapping[str, Text] = {**exporter_messages.TEXTS, **_FAILURES, **_ADDRESSES, **_TRAININGS, **_NOTES}


def message(code: str, **values: Value) -> Message:
    """Return a message; its values are those that its text names."""
    return exporter_messages.checked(TEXTS, code, values)


def data_error(*messages: Message) -> DataError:
    """Return the error that these messages say."""
    return DataError(english(messages), messages)


def english(messages: Iterable[Message]) -> str:
    """Return messages in English, for programs and the command line."""
    return exporter_messages.english(messages, TEXTS)


def rendered(messages: Iterable[Message]) -> str:
    """Return messages in the reader's language, one sentence after the other."""
    return exporter_messages.rendered(messages, TEXTS, _form, _written)


def _form(text: Text, message: Message) -> str:
    if not text.many:
        return gettext(text.one)
    count = message[text.count]
    return ngettext(text.one, text.many, count if isinstance(count, int) else 0)


def _written(value: Value, spec: str) -> str:
    """Write a value as the reader's language does, by the format that the text gives it."""
    if isinstance(value, str) or spec == "d":
        return str(value)
    if spec:
        digits, kind = int(spec[1:-1]), spec[-1]
        return decimal(value, digits) if kind == "f" else significant(value, digits)
    return number(value) if isinstance(value, int) else str(value)
