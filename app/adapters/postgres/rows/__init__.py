"""What the rows hold: how emails and results are packed, and how projects, runs and results are read."""
