"""The contract with an owner's endpoint, as code: what may be called and sent, how it can fail, and the check of it."""
