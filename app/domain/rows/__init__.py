"""Rows of a card: the model points at facts, and this code copies, spells and names them."""
