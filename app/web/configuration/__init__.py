"""Routes about what owners configure, test and watch."""
