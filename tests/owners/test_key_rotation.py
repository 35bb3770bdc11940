"""Rotation: every secret ends under the first key, whoever changes what meanwhile, and the report tells the truth."""

from collections.abc import Callable

import pytest

from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.adapters.vault import Vault
from app.domain.sealing import KeyReport, KeyUse, SealedToken
from app.owners.key_rotation import PAGE, Resealing
from support_context.secrets import Secret

OLD, NEW, LOST = b"o" * 32, b"n" * 32, b"l" * 32
OLD_ID, NEW_ID, LOST_ID = (Vault((key,)).ring()[0] for key in (OLD, NEW, LOST))


class MemoryTokens(SealedTokenStore):
    """The sealed tokens of some projects; `before_replace` is called just before each is replaced."""

    def __init__(self, sealed: dict[str, bytes]) -> None:
        self.sealed = sealed
        self.before_replace: Callable[[], None] = lambda: None

    async def after(self, project_id: str, limit: int) -> list[SealedToken]:
        ids = [each for each in sorted(self.sealed) if each > project_id][:limit]
        return [SealedToken(each, self.sealed[each]) for each in ids]

    async def count(self) -> int:
        return len(self.sealed)

    async def replace(self, old: SealedToken, sealed: bytes) -> bool:
        self.before_replace()
        if self.sealed[old.project_id] != old.sealed:
            return False
        self.sealed[old.project_id] = sealed
        return True


def tokens(**keys: bytes) -> MemoryTokens:
    return MemoryTokens(
        {project: Vault((key,)).seal(project, Secret(f"of {project}")) for project, key in keys.items()}
    )


async def test_everything_is_sealed_anew_under_the_first_key_and_opens_as_before() -> None:
    stored, vault = tokens(a=OLD, b=NEW, c=OLD), Vault((NEW, OLD))
    kept = stored.sealed["b"]
    told: list[None] = []
    work = Resealing(stored, vault)

    assert await work.rotate(lambda: told.append(None)) == 2
    assert await work.check() == KeyReport((KeyUse(NEW_ID, 3), KeyUse(OLD_ID, 0)))
    assert {project: Vault((NEW,)).open(project, sealed).reveal() for project, sealed in stored.sealed.items()} == {
        "a": "of a",
        "b": "of b",
        "c": "of c",
    }
    assert (len(told), stored.sealed["b"]) == (3, kept)
    assert await work.rotate() == 0


@pytest.mark.parametrize(
    ("keys", "ring", "report", "settled"),
    [
        pytest.param({}, (NEW,), KeyReport((KeyUse(NEW_ID, 0),)), True, id="nothing is stored"),
        pytest.param({"a": NEW}, (NEW,), KeyReport((KeyUse(NEW_ID, 1),)), True, id="the only key"),
        pytest.param(
            {"a": NEW},
            (NEW, OLD),
            KeyReport((KeyUse(NEW_ID, 1), KeyUse(OLD_ID, 0))),
            True,
            id="an old one is not needed",
        ),
        pytest.param(
            {"a": NEW, "b": OLD},
            (NEW, OLD),
            KeyReport((KeyUse(NEW_ID, 1), KeyUse(OLD_ID, 1))),
            False,
            id="an old one is needed",
        ),
        pytest.param(
            {"a": LOST, "b": NEW},
            (NEW,),
            KeyReport((KeyUse(NEW_ID, 1),), (("a", LOST_ID),)),
            False,
            id="a key is missing",
        ),
    ],
)
async def test_report_says_which_keys_are_needed(
    keys: dict[str, bytes], ring: tuple[bytes, ...], report: KeyReport, settled: bool
) -> None:
    found = await Resealing(tokens(**keys), Vault(ring)).check()

    assert (found, found.is_settled) == (report, settled)


async def test_secret_of_another_project_or_of_nobody_is_unreadable_and_left_alone() -> None:
    stored = tokens(a=OLD)
    stored.sealed |= {"b": stored.sealed["a"], "c": b"no ciphertext", "d": b""}
    work = Resealing(stored, Vault((NEW, OLD)))

    assert await work.rotate() == 1
    assert (await work.check()).unreadable == (("b", OLD_ID), ("c", ""), ("d", ""))
    assert stored.sealed["c"] == b"no ciphertext"


async def test_token_that_is_changed_in_the_same_moment_stays_as_it_was_changed() -> None:
    stored, vault = tokens(a=OLD), Vault((NEW, OLD))

    def changed() -> None:
        stored.sealed["a"] = vault.seal("a", Secret("entered just now"))

    stored.before_replace = changed
    assert await Resealing(stored, vault).rotate() == 0
    assert Vault((NEW,)).open("a", stored.sealed["a"]).reveal() == "entered just now"


@pytest.mark.parametrize("many", [PAGE - 1, PAGE, PAGE + 1])
async def test_rotation_that_was_cut_off_goes_on_where_it_was(many: int) -> None:
    stored, vault = tokens(**{f"p{number:04d}": OLD for number in range(many)}), Vault((NEW, OLD))
    cut_off = iter(range(many // 2))

    def until_it_is_cut_off() -> None:
        if next(cut_off, None) is None:
            raise InterruptedError

    stored.before_replace = until_it_is_cut_off
    with pytest.raises(InterruptedError):
        await Resealing(stored, vault).rotate()
    stored.before_replace = lambda: None

    assert await Resealing(stored, vault).rotate() == many - many // 2
    assert (await Resealing(stored, vault).check()).is_settled
