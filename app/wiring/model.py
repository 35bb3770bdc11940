"""Opens the AI that the settings name."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from app.adapters.ai.brake import Brake
from app.adapters.ai.claude import ClaudeModel
from app.adapters.ai.offline import OfflineModel
from app.enrichment import Model
from app.settings import AiSettings
from support_context.secrets import Secret


@asynccontextmanager
async def model_of(settings: AiSettings, braked: Callable[[float], None]) -> AsyncIterator[Model]:
    """Yield the AI; `braked` is told how many seconds the provider asked to be left alone."""
    if settings.anthropic_api_key is None or not settings.uses_claude():
        yield OfflineModel()
        return
    key = Secret(settings.anthropic_api_key.get_secret_value())
    async with aclosing(ClaudeModel(key, settings.ai_model, settings.anthropic_base_url, brake=Brake(braked))) as model:
        yield model
