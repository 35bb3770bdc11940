"""The guarded fetch: HTTPS to addresses that were checked, bounded in bytes and time."""
