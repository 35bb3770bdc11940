"""Calls Customer Context, which looks up who wrote a support ticket.

```python
from customer_context_client import Client

with Client("https://context.example.com", token) as service:
    result = service.enrich_ticket("t_1", {"project_id": "prj_1", "subject": "Seats", "body": email})
```
"""

from customer_context_client import bodies
from customer_context_client.calls import Event, Tagged
from customer_context_client.clients import AsyncClient, Client
from customer_context_client.errors import CustomerContextError
from customer_context_client.webhooks import WebhookRefused, read_event

__all__ = [
    "AsyncClient",
    "Client",
    "CustomerContextError",
    "Event",
    "Tagged",
    "WebhookRefused",
    "bodies",
    "read_event",
]
