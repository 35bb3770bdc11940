"""The limits of the contract: how long, how large and how deep an answer may be, and how long what is sent."""

FETCH_SECONDS = 5.0
"""Seconds for the whole look-up, from resolving the name to the last byte: an agent waits for it."""

BODY_BYTES = 65_536
"""Bytes of an answer's body; the next one ends it."""

WIRE_BYTES = 131_072
"""Bytes that may arrive in all, headers, interim answers and framing included: a flood of those has no body."""

HEAD_BYTES = 65_536
"""Bytes of a status line with its headers; far above any honest head."""

LONGEST_CONTENT_TYPE = 256
"""Characters of a Content-Type that are judged and shown; a longer one is nobody's JSON."""

DEEPEST = 32
"""Levels of objects and arrays, the outermost included: no honest answer comes near."""

MOST_NODES = 20_000
"""Values in an answer, at every level: bounds the memory that 64 KB of `[],[],…` would otherwise take twentyfold."""

MOST_LINKS = 20
LONGEST_LABEL = 80
LONGEST_LINK = 2_048
"""Characters of a link's URL; what browsers and the helpdesk take everywhere."""

LONGEST_IDENTIFIER = 256
"""Characters of an identifier that are sent; longer ones are cut, after they were judged whole."""

SMALLEST_TOKEN, LARGEST_TOKEN = 16, 4_096
"""Characters of a bearer token."""

LONGEST_LOCATION = 2_048
"""Characters of a Location that are looked at; a longer one is cut."""

LONGEST_URL_SHOWN = 200
"""Characters of an address that an endpoint chose and an owner is shown."""

PAGE_BYTES, PAGE_SECONDS = 16_384, 0.5
"""How much of the body of an error is read, and for how long, so that its owner sees what answered."""
