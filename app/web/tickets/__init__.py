"""Routes about tickets: enrich, read, erase, batches and events."""
