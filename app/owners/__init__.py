"""Owners' actions: access tokens, configuration, test runs, reports; and key rotation by operators."""
