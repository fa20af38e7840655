"""The table of transitions, read as a graph."""

from portal.cutoffs.states import AHEAD, CUT, TRANSITIONS, State


def reachable(start: State) -> set[State]:
    seen: set[State] = set()
    ahead = [start]
    while ahead:
        state = ahead.pop()
        if state not in seen:
            seen.add(state)
            ahead.extend(TRANSITIONS[state])
    return seen


def test_every_state_has_its_row_and_can_be_reached():
    assert set(TRANSITIONS) == set(State)
    assert reachable(State.DRAFT) == set(State)


def test_only_a_published_or_cancelled_cutoff_is_at_its_end():
    assert {state for state, after in TRANSITIONS.items() if not after} == {State.PUBLISHED, State.CANCELLED}


def test_nothing_that_was_exported_can_be_cancelled_or_made_anew():
    assert {state: set(TRANSITIONS[state]) for state in CUT} == {
        State.EXPORTED: {State.TRAINING},
        State.TRAINING: {State.PUBLISHED, State.FAILED},
        State.PUBLISHED: set(),
    }
    assert State.DRAFT not in reachable(State.EXPORTED)


def test_no_state_is_both_ahead_and_done():
    assert not set(AHEAD) & set(CUT)
