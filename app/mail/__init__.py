"""Reads emails as their reader sees them: HTML reduced to its visible text, quoted older messages marked."""
