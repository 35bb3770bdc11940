"""What an operator may set, each value from one environment variable; nothing is read before `load_settings`."""
