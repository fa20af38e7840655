"""What stopped a piece of work, as messages."""

from celery.exceptions import SoftTimeLimitExceeded

from exporter.errors import DataError
from exporter.messages import Message
from portal.messages import message


def died(times: int) -> Message:
    """Return why nobody takes it up again."""
    return message("worker_died", times=times)


def failure(error: BaseException) -> list[Message]:
    """Return what stopped a run."""
    if isinstance(error, DataError):
        return error.messages
    if isinstance(error, Exception) and not isinstance(error, SoftTimeLimitExceeded):
        first_line = str(error).partition("\n")[0]
        return [message("internal", error=f"{type(error).__name__}: {first_line}")]
    return [message("stopped")]
