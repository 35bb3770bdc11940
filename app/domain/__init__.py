"""The rules, pure: no await, no clock, no environment, no third party."""
