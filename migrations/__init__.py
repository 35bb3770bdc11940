"""The schema's history, one file per step; a released step is never edited."""
