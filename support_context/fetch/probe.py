"""The customer endpoint as a check calls it: over the same guarded transport, but with what no look-up ever sends.

Only a check is given this. A look-up gets `HttpsEndpoint`, which cannot leave the token out.
"""

from dataclasses import replace

import httpx

from support_context.fetch.endpoint import HttpsEndpoint, body_of, head_of, outgoing
from support_context.limits import BODY_BYTES
from support_context.lookups import LookupRequest
from support_context.probes import ProbeAnswer
from support_context.secrets import Secret


class ProbedEndpoint(HttpsEndpoint):
    """An endpoint that also takes requests of any method, without a token too, and shows every answer whole."""

    async def probe(self, request: LookupRequest, token: Secret | None) -> ProbeAnswer:
        """Send the request, with the token if there is one, and return the answer; raises only `LookupFailed`."""
        headers = [("Authorization", f"Bearer {token.reveal()}")] if token else []
        sent = outgoing(request, headers)
        return await self.in_time(sent, self._whole_answer(sent))

    async def _whole_answer(self, request: httpx.Request) -> ProbeAnswer:
        response = await self.transport.handle_async_request(request)
        try:
            # Asked for first: OpenSSL forgets it with a connection that ends without a farewell.
            session = response.extensions["tls_session"]()
            head, body = head_of(response), bytearray()
            async for piece in body_of(response):
                body += piece
                if len(body) > BODY_BYTES:
                    break
            whole = replace(head, body=bytes(body[: BODY_BYTES + 1]))
            return ProbeAnswer(whole, response.headers.get("content-encoding", ""), session)
        finally:
            await body_of(response).aclose()
