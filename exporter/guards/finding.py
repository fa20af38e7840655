"""What every guard gives back, and how sure it has to be to fire."""

from dataclasses import dataclass, field
from typing import Any

from exporter.messages import Message

#: How often the guards together may fire without a push, and so each of the three: one cut in 300.
FALSE_ALARMS = 0.01
LEVEL = FALSE_ALARMS / 3


@dataclass(frozen=True)
class Finding:
    """One guard's part of the report.

    content: what stands in the report under the guard's name, ready for JSON.
    fired:   there is more than chance explains.
    words:   the result, and what would be expected without a push.
    missing: why it could not judge, or not in full; empty if it could.
    """

    content: Any
    fired: bool
    words: list[Message]
    missing: list[Message] = field(default_factory=list)
