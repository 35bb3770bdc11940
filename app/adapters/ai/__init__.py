"""The AI providers, one file each, and the brake that all calls to one share."""
