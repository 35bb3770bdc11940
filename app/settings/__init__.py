"""Settings of the operator, each value from one environment variable; nothing is read before `load_settings`."""
