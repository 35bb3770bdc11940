"""Opens the way to the helpdesk's webhook, and sends it an example of an event."""

from contextlib import aclosing
from uuid import uuid4

from app.adapters.webhook import WebhookSender
from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import Reply
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from app.web.webhooks.examples import message_of
from app.wiring.model import secret_of
from app.wiring.tls_contexts import outbound_tls
from support_context.secrets import Secret


def sender_of(settings: Settings) -> WebhookSender:
    """Return what posts to the webhook; raises `InvalidSettings` where none is set."""
    if settings.webhook_url is None:
        raise InvalidSettings(
            "CC_WEBHOOK_URL: not set; set it to where the helpdesk takes events, and CC_WEBHOOK_SECRETS to what signs "
            "them ('customer-context keys new --webhook-secret')"
        )
    secrets = [Secret(secret.get_secret_value()) for secret in settings.webhook_secrets]
    tls, proxy = outbound_tls(settings), secret_of(settings.outbound_proxy)
    return WebhookSender(Secret(settings.webhook_url.get_secret_value()), secrets, tls, proxy=proxy)


async def send_example(settings: Settings, event: Event) -> tuple[str, Reply]:
    """Post an example of the event, signed for this moment, once; return its message id and the reply."""
    message_id = f"msg_test_{uuid4().hex}"
    async with aclosing(sender_of(settings)) as sender:
        return message_id, await sender.send(message_id, message_of(event))
