"""Opens the AI that the settings name; a provider's library is loaded only where it is used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

from pydantic import SecretStr

from app.adapters.ai.brake import Brake
from app.adapters.ai.call_observer import AiExchange, CallObserver
from app.adapters.ai.calls import Calls, Provider
from app.adapters.ai.chat import ChatCompletions
from app.adapters.ai.offline import OfflineModel
from app.adapters.ai.remote_model import RemoteModel
from app.adapters.ai.wire import Unusable, Wire
from app.enrichment import Model
from app.settings.ai_settings import AiSettings
from app.settings.loading import InvalidSettings
from app.wiring.tls_contexts import outbound_tls
from support_context.secrets import Secret

__all__ = ["AiExchange", "CallObserver", "check_provider", "model_of", "remote_model", "secret_of"]


@asynccontextmanager
async def model_of(settings: AiSettings, observer: CallObserver | None = None) -> AsyncIterator[Model]:
    """Yield the AI model that the settings name; raises `InvalidSettings` where its provider needs more."""
    if settings.provider() == "offline":
        yield OfflineModel()
        return
    async with remote_model(settings, observer) as model:
        # Asked at once, so that a wrong key is told before the first ticket; nobody waits for it but the first call.
        asking = asyncio.create_task(model.calls.ready())
        try:
            yield model
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking


@asynccontextmanager
async def remote_model(settings: AiSettings, observer: CallObserver | None = None) -> AsyncIterator[RemoteModel]:
    """Yield a model behind a network; raises `InvalidSettings` where the environment lacks what its provider needs."""
    provider = _provider_of(settings)
    model = RemoteModel(Calls(provider, settings.ai_model, Brake(observer), observer))
    try:
        yield model
    finally:
        await model.aclose()


def check_provider(settings: AiSettings) -> None:
    """Try whether the provider can be used as the environment is; raises `InvalidSettings`."""
    if settings.provider() != "offline":
        _provider_of(settings)


def _provider_of(settings: AiSettings) -> Provider:
    wire = Wire(outbound_tls(settings), secret_of(settings.outbound_proxy))
    name, url = settings.provider(), settings.compatible_url()
    if name == "compatible" and url is not None:
        return ChatCompletions(wire, url, settings.ai_model, secret_of(settings.ai_api_key))
    # Not imported at the top: the SDK costs a second of CPU, and is not needed for a server of one's own.
    clients = import_module("app.adapters.ai.clients")
    given = (secret_of(settings.anthropic_api_key), settings.anthropic_base_url) if name == "anthropic" else ()
    try:
        provider: Provider = clients.Claude(wire, name, settings.ai_model, *given)
    except Unusable as problem:
        raise InvalidSettings(f"CC_AI_PROVIDER: {problem}") from None
    return provider


def secret_of(value: SecretStr | None) -> Secret | None:
    """Return a secret setting as a `Secret`, which cannot be printed; None where it is not set."""
    return None if value is None else Secret(value.get_secret_value())
