"""Rotation: every secret ends under the first key, whoever changes what meanwhile, and the report tells the truth."""

from collections.abc import Callable

import pytest

from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.adapters.vault import Vault
from app.domain.sealing import KeyReport, KeyUse, SealedToken
from app.owners.key_rotation import PAGE, Resealing
from support_context.secrets import Secret
from tests.support.shared_database import DATABASE

OLD, NEW, LOST = b"o" * 32, b"n" * 32, b"l" * 32
OLD_ID, NEW_ID, LOST_ID = (Vault((key,)).ring()[0] for key in (OLD, NEW, LOST))


class WatchedTokens(SealedTokenStore):
    """The sealed tokens of some projects; `before_replace` is called just before each is replaced."""

    def __init__(self) -> None:
        super().__init__(DATABASE)
        self.before_replace: Callable[[], None] = lambda: None

    def put(self, **sealed: bytes) -> None:
        """Have projects with these tokens, and no token of theirs that was there."""
        DATABASE.rows(PUT, project_ids=list(sealed), sealed=list(sealed.values()))

    @property
    def sealed(self) -> dict[str, bytes]:
        """The sealed token of each project."""
        return {row.project_id: row.token_sealed for row in DATABASE.rows("TABLE projects") if row.token_sealed}

    async def replace(self, old: SealedToken, sealed: bytes) -> bool:
        self.before_replace()
        return await super().replace(old, sealed)


PUT = """
    INSERT INTO projects (project_id, plan, owner_ids, monthly_ai_credits, token_sealed, token_origin, token_updated_at)
    SELECT project_id, 'business', '{}', 0, sealed, '', now()
    FROM unnest(CAST(:project_ids AS text[]), CAST(:sealed AS bytea[])) AS given (project_id, sealed)
    ON CONFLICT (project_id) DO UPDATE SET token_sealed = excluded.token_sealed
"""


def tokens(**keys: bytes) -> WatchedTokens:
    stored = WatchedTokens()
    stored.put(**{project: Vault((key,)).seal(project, Secret(f"of {project}")) for project, key in keys.items()})
    return stored


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
    stored.put(b=stored.sealed["a"], c=b"no ciphertext", d=b"")
    work = Resealing(stored, Vault((NEW, OLD)))

    assert await work.rotate() == 1
    assert (await work.check()).unreadable == (("b", OLD_ID), ("c", ""), ("d", ""))
    assert stored.sealed["c"] == b"no ciphertext"


async def test_token_that_is_changed_in_the_same_moment_stays_as_it_was_changed() -> None:
    stored, vault = tokens(a=OLD), Vault((NEW, OLD))

    def changed() -> None:
        stored.put(a=vault.seal("a", Secret("entered just now")))

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
