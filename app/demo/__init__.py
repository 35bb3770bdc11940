"""The service on made-up customers: everything that `make run` shows, nothing that `serve` needs."""
