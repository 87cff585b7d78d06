"""What checks one after the other make of a URL."""

import pytest

from inlink.check.verdicts import ALIVE, CHANGED, FAILED, HOUR_US, MISSING, UNKNOWN, VERDICTS, State, Verdict, advance
from inlink.check.wording import phrases

T0 = 1_750_000_000_000_000


def after(*checks: tuple[float, str]) -> State:
    """The state after verdicts, each with its hour."""
    state = None
    for hour, verdict in checks:
        state = advance(state, Verdict("https://a.example/", T0 + int(hour * HOUR_US), verdict, "answers", ""))
    assert state is not None
    return state


def test_every_verdict_is_of_one_kind() -> None:
    kinds = (ALIVE, CHANGED, MISSING, FAILED, UNKNOWN)
    assert sorted(verdict for kind in kinds for verdict in kind) == sorted(VERDICTS)


@pytest.mark.parametrize(
    ("checks", "state", "verdict"),
    [
        pytest.param([(0, "not-found")], "failing", "not-found", id="404 once"),
        pytest.param([(0, "not-found"), (0.9, "not-found")], "failing", "not-found", id="404 twice too soon"),
        pytest.param([(0, "not-found"), (1, "not-found")], "dead", "not-found", id="404 twice an hour apart"),
        pytest.param([(0, "gone"), (1.5, "gone")], "dead", "gone", id="410 twice"),
        pytest.param([(0, "not-found"), (1.5, "gone")], "dead", "gone", id="404 then 410"),
        pytest.param([(0, "not-found"), (0.1, "not-found"), (1.0, "not-found")], "dead", "not-found", id="404 thrice"),
        pytest.param([(0, "not-found"), (1, "ok"), (2, "not-found")], "failing", "not-found", id="404, back, 404"),
        pytest.param([(0, "server-error"), (1, "not-found")], "failing", "not-found", id="500 then one 404"),
        pytest.param([(0, "not-found"), (2, "server-error")], "failing", "server-error", id="404 then 500"),
        pytest.param([(0, "server-error"), (2, "server-error")], "failing", "server-error", id="500 twice"),
        pytest.param([(0, "dns"), (12, "dns"), (24, "dns")], "dead", "dns", id="three over 24 hours"),
        pytest.param([(0, "dns"), (1, "dns"), (2, "dns")], "failing", "dns", id="three over two hours"),
        pytest.param([(0, "dns"), (30, "dns")], "failing", "dns", id="two over 30 hours"),
        pytest.param([(0, "timeout"), (12, "ok"), (24, "timeout"), (25, "timeout")], "failing", "timeout", id="a gap"),
        pytest.param([(0, "timeout"), (12, "tls"), (25, "refused")], "dead", "refused", id="a mixture"),
        pytest.param([(0, "parked"), (12, "parked"), (25, "parked")], "dead", "parked", id="parked"),
        pytest.param([(n * 30.0, "unknown") for n in range(9)], "unknown", "unknown", id="403 for ever"),
        pytest.param([(0, "ok"), (1, "unknown")], "alive", "ok", id="403 after ok"),
        pytest.param([(0, "not-found"), (1, "unknown"), (2, "unknown")], "failing", "not-found", id="404 then 403"),
        pytest.param([(0, "dns"), (9, "unknown"), (12, "dns"), (24, "dns")], "dead", "dns", id="403 in between"),
        pytest.param([(0, "not-found"), (1, "not-found"), (2, "unknown")], "dead", "not-found", id="dead, then 403"),
        pytest.param([(0, "not-found"), (1, "not-found"), (2, "dns")], "dead", "dns", id="dead stays dead"),
        pytest.param([(0, "not-found"), (1, "not-found"), (2, "ok")], "alive", "ok", id="back from the dead"),
        pytest.param([(0, "ok"), (1, "redirected-home")], "changed", "redirected-home", id="led home"),
        pytest.param([(0, "robots")], "unknown", "robots", id="robots"),
    ],
)
def test_states(checks: list[tuple[float, str]], state: str, verdict: str) -> None:
    found = after(*checks)
    assert (found.state, found.verdict) == (state, verdict)
    assert found.n_checks == len(checks)
    assert (found.due_at_us is not None) == (state == "failing")


def test_failing_since_the_first_failure_of_the_row() -> None:
    found = after((0, "dns"), (1, "ok"), (5, "dns"), (8, "timeout"))
    assert (found.since_us, found.last_alive_us, found.n_failed) == (T0 + 5 * HOUR_US, T0 + HOUR_US, 2)


def test_alive_since_the_first_success_of_the_row() -> None:
    assert after((0, "dns"), (1, "ok"), (5, "redirected")).since_us == T0 + HOUR_US


@pytest.mark.parametrize("verdict", ["not-found", "dns"])
def test_checks_when_they_are_due_confirm(verdict: str) -> None:
    state = advance(None, Verdict("https://a.example/", T0, verdict, "", ""))
    n = 1
    while state.due_at_us is not None:
        state = advance(state, Verdict("https://a.example/", state.due_at_us, verdict, "", ""))
        n += 1
    assert state.state == "dead"
    assert n == (2 if verdict == "not-found" else 3)
    assert state.checked_at_us - T0 == (1 if verdict == "not-found" else 24) * HOUR_US


def test_sentences_are_found_wherever_they_stand() -> None:
    known = phrases()
    for wording in (known.not_found, known.consent):
        sentences = [said for _, said in sorted(each for some in wording.sentences.values() for each in some)]
        for sentence in sentences:
            for text in (sentence, f"x{sentence}y", f"a b {sentence} c d"):
                assert wording.sentence_in(text) == next(said for said in sentences if said in text)
    assert known.not_found.sentence_in("bread is baked of flour and water") is None
