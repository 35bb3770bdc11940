"""Routes about projects: plan, owners, access tokens, audit trail."""
