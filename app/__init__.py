"""Customer Context: looks up who wrote a support ticket, so that the reply already knows the customer."""

__version__ = "1.0.0"
