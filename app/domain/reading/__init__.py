"""The email of a ticket: where the identifier stands in it, and how it is spelt."""
