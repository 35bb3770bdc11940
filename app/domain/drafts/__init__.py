"""The draft check: compares a reply that somebody typed with the facts of a customer, without AI."""
