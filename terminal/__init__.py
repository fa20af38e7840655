"""What the command lines of `exporter` and `trainer` share; it imports nothing of ours."""
