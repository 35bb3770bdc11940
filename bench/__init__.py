"""Measures what the service adds to the calls that it waits for, beside a bare floor in the same run."""
