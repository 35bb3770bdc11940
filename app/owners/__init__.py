"""What owners do: access tokens, configuration, test runs, reports, key rotation."""
