"""Holds an owner's endpoint to the contract: requests that try it, judgements of what came back, reports."""
