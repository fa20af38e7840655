"""The one error that a person is meant to read."""

from collections.abc import Sequence
from typing import Self

from exporter.messages import Message, english, plain


class DataError(Exception):
    """The data or the request is wrong.

    The text is one line that says what is wrong, where, and what to do. The command line prints it and exits
    with 1; the portal shows it. Anything else that escapes is a bug. ``messages`` say the same, to be stored.
    """

    def __init__(self, words: str, messages: Sequence[Message] = ()) -> None:
        super().__init__(words)
        self.messages = list(messages) or plain(words)

    @classmethod
    def of(cls, *messages: Message) -> Self:
        """Return the error that these messages say in English."""
        return cls(english(messages), messages)
