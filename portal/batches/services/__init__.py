"""Writes to batches: who holds them, taking and ending them, what is answered, what the clock does."""
