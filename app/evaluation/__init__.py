"""Evaluates an owner's instructions on emails whose right answers are known."""
