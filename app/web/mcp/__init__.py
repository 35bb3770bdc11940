"""The Model Context Protocol (MCP) face: one read-only tool for an assistant that drafts replies."""
