"""The room of webhooks: what the helpdesk is sent, described for OpenAPI."""
