"""Opens and closes everything that a process works with: the one place that knows which adapter serves which need."""
