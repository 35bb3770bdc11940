"""A run whose workers have died is only claimed for its last attempt by who asks for such."""

from app.domain.claims import Claimed, Suspect
from tests.support.stores import MOST_STRIKES, Stores


async def test_only_the_last_attempt_is_kept_from_who_wants_no_suspects(stores: Stores) -> None:
    await stores.turn_on()
    run = await stores.submitted()
    kinds = []
    for _ in range(MOST_STRIKES + 1):
        claim = await stores.runs.claim("t_1", run, "a", suspects=False)
        kinds.append(type(claim))
        if isinstance(claim, Suspect):
            assert (await stores.claim(run)).strikes == MOST_STRIKES

    # The one after that is not run, so it cannot do any harm: it is claimed to be given up.
    assert kinds == [Claimed] * (MOST_STRIKES - 1) + [Suspect, Claimed]


async def test_a_suspect_is_left_without_a_trace(stores: Stores) -> None:
    run = await stores.submitted()
    for _ in range(MOST_STRIKES - 1):
        await stores.claim(run)  # not charged: the feature is turned off
    await stores.turn_on()
    for _ in range(2):
        assert await stores.runs.claim("t_1", run, "a", suspects=False) == Suspect()
    assert await stores.used() == 0

    claimed = await stores.claim(run)
    assert (claimed.attempt, claimed.strikes, claimed.charged) == (MOST_STRIKES, MOST_STRIKES, True)
