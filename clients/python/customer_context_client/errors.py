"""The one exception of the clients."""

from collections.abc import Sequence

from customer_context_client.bodies import Complaint


class CustomerContextError(Exception):
    """A request was refused, or got no answer that can be read.

    `status` is the HTTP status, None where there was no answer; `code` is the service's stable code, or one of
    `no_connection`, `connection_lost`, `timeout` and `unreadable_answer`; `detail` says what to do; `errors` names the
    parts of a request that are wrong; `request_id` finds the request in the service's log.
    """

    def __init__(
        self,
        code: str,
        title: str,
        detail: str = "",
        status: int | None = None,
        errors: Sequence[Complaint] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(code, title, detail, status, errors, request_id)
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status
        self.errors = tuple(errors)
        self.request_id = request_id

    def __str__(self) -> str:
        """Say what happened and what to do, in one line."""
        wrong = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in self.errors)
        where = f"{self.status or 'no answer'} {self.code}"
        parts = [
            f"{self.title}.",
            self.detail,
            wrong,
            f"({where}{f', request {self.request_id}' * bool(self.request_id)})",
        ]
        return " ".join(part for part in parts if part)
