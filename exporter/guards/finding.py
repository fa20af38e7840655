"""What every guard gives back."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One guard's part of the report.

    content: what stands in the report under the guard's name, ready for JSON.
    fired:   it found more than chance explains.
    words:   what was found, and what would be expected without a push.
    missing: why it could not judge, or not in full; empty if it could.
    """

    content: Any
    fired: bool
    words: str
    missing: str = ""
