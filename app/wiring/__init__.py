"""The wiring: opens and closes everything that a process works with, and chooses the adapters."""
