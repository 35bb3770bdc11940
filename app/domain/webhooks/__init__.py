"""Webhooks: the events that a helpdesk is told of, and the messages that tell of them."""
