"""The command ``completion``."""

from terminal import completion

command = completion.command("trainer")
