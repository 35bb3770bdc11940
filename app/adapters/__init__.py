"""Adapters: PostgreSQL, AI providers, telemetry, encryption, webhooks; no other file imports these libraries."""
