"""The contract with an owner's endpoint, as code: what may be called and sent, how it can fail, and the check of it."""

__version__ = "1.0.0"
