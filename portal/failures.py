"""What stopped a piece of work, as a sentence for people."""

from celery.exceptions import SoftTimeLimitExceeded

from exporter.errors import DataError


def died_in_words(times: int) -> str:
    """Why nobody takes it up again, as a sentence for people."""
    return f"Its worker died {times} times, perhaps for lack of memory: see its log."


def in_words(error: BaseException) -> str:
    """What stopped a run, as a sentence for people."""
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, Exception) and not isinstance(error, SoftTimeLimitExceeded):
        return f"A fault of the program, {type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return "It was stopped before it was done."
