"""HTTP for every route: middleware, errors, pages, the OpenAPI description."""
