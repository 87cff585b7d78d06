"""Accounts: users, sign-ins, tokens; what is kept of them, and who may do what."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator

import argon2
import pytest
from sqlalchemy import func, select, text, update

from inlink.errors import BadInput, Busy, InlinkError, NotFound, Refused
from inlink.store.db import WorkDatabase
from inlink.store.db.base import Micros, digest_of
from inlink.store.db.tries import SignInTries
from inlink.store.db.users import SessionRow, TokenRow, UserRow
from inlink.workbench import audit
from inlink.workbench.accounts import Accounts, Terms
from inlink.workbench.accounts_passwords import AT_ONCE, LONGEST, Passwords, check_password
from inlink.workbench.accounts_throttle import Throttle
from inlink.workbench.people import Role, Who

LOCAL = Who.local()
GOOD = "three loaves at dawn"
OTHER = "seven rolls by noon"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HOUR_US = 3_600_000_000


@pytest.fixture
def accounts(work_database: WorkDatabase) -> Iterator[Accounts]:
    """Ada is admin, Ed editor, Vi viewer."""
    made = Accounts(lambda: work_database, passwords=Passwords(QUICK))
    for name, role in (("Ada", Role.ADMIN), ("Ed", Role.EDITOR), ("Vi", Role.VIEWER)):
        made.add(LOCAL, name, GOOD, role)
    yield made


def signed_in(accounts: Accounts, name: str) -> Who:
    return accounts.sign_in(name, GOOD).who


def test_no_users_no_login(work_database: WorkDatabase) -> None:
    accounts = Accounts(lambda: work_database, passwords=Passwords(QUICK))
    assert not accounts.exist()
    with pytest.raises(BadInput, match="first user should be an admin"):
        accounts.add(LOCAL, "Vi", GOOD, Role.VIEWER)
    accounts.add(LOCAL, "Ada", GOOD, Role.ADMIN, email="ada@example.org")
    assert accounts.exist()
    assert [(user.name, user.email, user.role) for user in accounts.users(LOCAL)] == [
        ("Ada", "ada@example.org", Role.ADMIN)
    ]


@pytest.mark.parametrize(
    "name", ["", " ", "-x", "a\nb", "a\x00", "<b>", "a" * 65, "\u202eadA", "Ada", "aDA", "Ａda"], ids=repr
)
def test_names_that_cannot_be_had(accounts: Accounts, name: str) -> None:
    with pytest.raises(BadInput):
        accounts.add(LOCAL, name, GOOD, Role.VIEWER)


@pytest.mark.parametrize("email", ["x", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "a@" + "b" * 260])
def test_addresses_that_are_none(accounts: Accounts, email: str) -> None:
    with pytest.raises(BadInput, match="no e-mail address"):
        accounts.add(LOCAL, "Neu", GOOD, Role.VIEWER, email=email)


@pytest.mark.parametrize("password", ["", "short", "a" * 12, "abab" * 5, "x" * 5000, "my name is Adelaide ok"])
def test_passwords_that_could_be_guessed(password: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_password(password, "Adelaide")
    assert not password or password not in f"{caught.value} {caught.value.hint}"


def test_a_password_is_right_however_its_letters_are_put_together() -> None:
    passwords = Passwords(QUICK)
    kept = passwords.hash("crème brûlée, twice")
    assert passwords.is_right(kept, "crème brûlée, twice")
    assert not passwords.is_right(kept, "creme brulee, twice")
    assert not passwords.is_right(None, "the password of nobody")
    assert not passwords.is_right("broken", "x")
    assert not passwords.is_right(passwords.hash("ab" * LONGEST), "ab" * LONGEST + "c")


def test_many_sign_ins_at_once_wait_not_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inlink.workbench.accounts_passwords.PATIENCE_S", 0.01)
    passwords = Passwords(QUICK)
    for _ in range(AT_ONCE):
        passwords._turns.acquire()
    with pytest.raises(Busy, match="too many people"):
        passwords.is_right(None, GOOD)
    passwords._turns.release()
    assert not passwords.is_right(None, GOOD)


def test_hashes_are_of_the_recommended_parameters() -> None:
    assert Passwords().hash(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_signing_in(accounts: Accounts, work_database: WorkDatabase) -> None:
    found = accounts.sign_in(" ada ", GOOD, address="192.0.2.7", agent="Firefox")
    assert found.who == Who(found.who.user_id, "Ada", Role.ADMIN, "session")
    assert accounts.who_of_session(found.secret) == found.who
    (session,) = accounts.sessions(found.who, found.secret)
    assert (session.address, session.agent, session.is_this) == ("192.0.2.7", "Firefox", True)
    assert accounts.me(found.who).login_at
    accounts.sign_out(found.secret)
    assert accounts.who_of_session(found.secret) is None
    accounts.sign_out(found.secret)


@pytest.mark.parametrize(("name", "password"), [("Ada", "wrong wrong wrong"), ("Nobody", GOOD), ("Vi", GOOD), ("", "")])
def test_one_answer_to_all_that_fails(accounts: Accounts, name: str, password: str) -> None:
    accounts.set_disabled(LOCAL, "Vi", True)
    with pytest.raises(Refused, match="name and password do not fit") as caught:
        accounts.sign_in(name, password)
    assert not caught.value.facts


def test_one_hash_is_judged_whoever_asks(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    verify = argon2.PasswordHasher.verify

    def noted(self: argon2.PasswordHasher, kept: str, given: str) -> bool:
        judged.append(kept.rpartition("$")[0].rpartition("$")[0])
        return verify(self, kept, given)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noted)
    for name in ("Ada", "Nobody"):
        with pytest.raises(Refused):
            accounts.sign_in(name, "wrong wrong wrong")
    assert judged == ["$argon2id$v=19$m=64,t=1,p=1"] * 2  # of the same parameters, so it takes as long


def test_tries_are_counted_for_names_and_for_addresses(work_database: WorkDatabase) -> None:
    accounts = Accounts(lambda: work_database, passwords=Passwords(QUICK), throttle=Throttle(3, 5))
    accounts.add(LOCAL, "Ada", GOOD, Role.ADMIN)

    def answers(names: str, address: str) -> list[bool]:
        said = []
        for name in names.split():
            with pytest.raises(Refused) as caught:
                accounts.sign_in(name, "wrong wrong wrong", address=address)
            said.append("retry_after_s" in caught.value.facts)
        return said

    assert answers("ada Ada ADA ada", "192.0.2.1") == [False, False, False, True]
    with pytest.raises(Refused, match="too many") as caught:
        accounts.sign_in("Ada", GOOD, address="192.0.2.2")
    assert 0 < int(str(caught.value.facts["retry_after_s"])) <= 900
    assert answers("no no no no", "192.0.2.3") == [False, False, False, True]  # unknown names are told nothing
    assert answers("a b c d e f", "192.0.2.4") == [False] * 5 + [True]


def test_tries_at_once_are_all_counted(work_database: WorkDatabase) -> None:
    throttle, passed = Throttle(10, 1000), []

    def attempt() -> None:
        try:
            throttle.count(work_database, "ada", "192.0.2.1")
            passed.append(1)
        except Refused:
            pass

    threads = [threading.Thread(target=attempt) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 10


def test_tries_are_counted_by_all_servers_and_after_a_restart(work_database: WorkDatabase) -> None:
    for server in (Throttle(3, 100), Throttle(3, 100), Throttle(3, 100)):
        server.count(work_database, "ada", "192.0.2.1")
    with pytest.raises(Refused, match="too many sign-ins"):
        Throttle(3, 100).count(work_database, "ada", "192.0.2.9")


def test_tries_count_for_their_time_only(work_database: WorkDatabase) -> None:
    with work_database.step() as step:
        old = Micros(time.time_ns() // 1000 - 900_000_001)
        for name in ("ada", "somebody"):
            step.add(SignInTries(what_digest=digest_of(f"name\0{name}"), tried_at=json.dumps([old] * 3), last_at=old))
    Throttle(3, 100).count(work_database, "ada", "192.0.2.1")
    with work_database.reading() as step:
        assert step.scalar(select(func.count()).select_from(SignInTries)) == 2  # ada's name and its address


def test_signing_in_forgives_the_tries(work_database: WorkDatabase) -> None:
    accounts = Accounts(lambda: work_database, passwords=Passwords(QUICK), throttle=Throttle(3, 100))
    accounts.add(LOCAL, "Ada", GOOD, Role.ADMIN)
    for _ in range(3):
        for _ in range(2):
            with pytest.raises(Refused):
                accounts.sign_in("Ada", "wrong wrong wrong")
        accounts.sign_in("Ada", GOOD)


def test_a_session_is_new_at_every_sign_in(accounts: Accounts) -> None:
    first = accounts.sign_in("Ada", GOOD)
    second = accounts.sign_in("Ada", GOOD, old=first.secret)
    assert accounts.who_of_session(first.secret) is None
    assert accounts.who_of_session(second.secret)
    planted = accounts.sign_in("Ada", GOOD, old="planted by somebody")
    assert accounts.who_of_session("planted by somebody") is None
    assert planted.secret != second.secret


@pytest.mark.parametrize(
    ("made_h", "seen_h", "holds"), [(1, 1, True), (100, 71, True), (100, 73, False), (721, 1, False), (719, 1, True)]
)
def test_sessions_end_unused_and_by_age(
    accounts: Accounts, work_database: WorkDatabase, made_h: int, seen_h: int, holds: bool
) -> None:
    assert accounts.terms == Terms(72, 30)
    found = accounts.sign_in("Ada", GOOD)
    with work_database.step() as step:
        at = step.scalar(select(SessionRow.made_at)) or 0
        step.execute(update(SessionRow).values(made_at=at - made_h * HOUR_US, seen_at=at - seen_h * HOUR_US))
    assert (accounts.who_of_session(found.secret) is not None) is holds
    assert bool(accounts.sessions(found.who)) is holds
    accounts.sign_in("Ed", GOOD)
    with work_database.reading() as step:
        assert len(step.scalars(select(SessionRow)).all()) == 1 + holds


def test_use_is_noted_once_a_minute(accounts: Accounts, work_database: WorkDatabase) -> None:
    found = accounts.sign_in("Ada", GOOD)

    def seen() -> int:
        with work_database.reading() as step:
            return step.scalar(select(SessionRow.seen_at)) or 0

    first = seen()
    accounts.who_of_session(found.secret)
    assert seen() == first
    with work_database.step() as step:
        step.execute(update(SessionRow).values(seen_at=first - 61_000_000))
    accounts.who_of_session(found.secret)
    assert seen() > first


def test_sessions_can_be_ended_by_their_user_only(accounts: Accounts) -> None:
    ada, ed = accounts.sign_in("Ada", GOOD), accounts.sign_in("Ed", GOOD)
    (session,) = accounts.sessions(ada.who)
    with pytest.raises(NotFound):
        accounts.end_session(ed.who, session.key)
    accounts.end_session(ada.who, session.key)
    assert accounts.who_of_session(ada.secret) is None
    assert accounts.who_of_session(ed.secret)


def test_roles_and_removal_count_at_once(accounts: Accounts) -> None:
    ed = accounts.sign_in("Ed", GOOD)
    made = accounts.add_token(ed.who, "script", Role.EDITOR)
    accounts.set_role(LOCAL, "ed", Role.VIEWER)
    for who in (accounts.who_of_session(ed.secret), accounts.who_of_token(made.secret)):
        assert who is not None
        assert who.role is Role.VIEWER
    accounts.set_disabled(LOCAL, "ed", True)
    assert accounts.who_of_session(ed.secret) is None
    assert accounts.who_of_token(made.secret) is None
    accounts.set_disabled(LOCAL, "ed", False)
    assert accounts.who_of_session(ed.secret) is None
    assert accounts.who_of_token(made.secret)
    accounts.remove(LOCAL, "ed")
    assert accounts.who_of_token(made.secret) is None
    with pytest.raises(NotFound):
        accounts.set_role(LOCAL, "ed", Role.ADMIN)


def test_the_last_admin_stays(accounts: Accounts) -> None:
    ada = signed_in(accounts, "Ada")
    for attempt in (
        lambda: accounts.remove(ada, "Ada"),
        lambda: accounts.set_role(ada, "ada", Role.EDITOR),
        lambda: accounts.set_disabled(ada, "ADA", True),
    ):
        with pytest.raises(Refused, match="last admin"):
            attempt()
    accounts.set_role(ada, "Ed", Role.ADMIN)
    accounts.set_disabled(ada, "Ed", True)
    with pytest.raises(Refused, match="last admin"):  # who may not sign in is no help
        accounts.remove(ada, "Ada")
    accounts.set_disabled(ada, "Ed", False)
    accounts.remove(ada, "Ada")


@pytest.mark.parametrize(
    "endings", [("demote", "demote"), ("remove", "remove"), ("disable", "demote"), ("remove", "disable")], ids="-".join
)
def test_two_admins_cannot_end_each_other_at_once(accounts: Accounts, endings: tuple[str, str]) -> None:
    accounts.set_role(LOCAL, "Ed", Role.ADMIN)
    start, said = threading.Barrier(2, timeout=120), []
    acts: dict[str, Callable[[str], object]] = {
        "demote": lambda name: accounts.set_role(LOCAL, name, Role.VIEWER),
        "disable": lambda name: accounts.set_disabled(LOCAL, name, True),
        "remove": lambda name: accounts.remove(LOCAL, name),
    }

    def end(name: str, how: str) -> None:
        start.wait()
        try:
            acts[how](name)
        except InlinkError as error:
            said.append(str(error))

    threads = [threading.Thread(target=end, args=pair) for pair in zip(("Ada", "Ed"), endings, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text.partition(" is ")[2] for text in said] == ["the last admin"]
    assert sum(user.role is Role.ADMIN and not user.disabled for user in accounts.users(LOCAL)) == 1


def test_a_change_is_made_whole_or_not(accounts: Accounts) -> None:
    """Of the last admin neither the password nor anything else changes with the role that stays."""
    with pytest.raises(Refused, match="last admin"):
        accounts.change(LOCAL, "Ada", role=Role.EDITOR, password=OTHER, disabled=False)
    assert accounts.sign_in("Ada", GOOD).who.role is Role.ADMIN
    with pytest.raises(BadInput):
        accounts.change(LOCAL, "Ed", role=Role.ADMIN, password="short")
    assert accounts.sign_in("Ed", GOOD).who.role is Role.EDITOR
    with pytest.raises(BadInput, match="nothing is to change"):
        accounts.change(LOCAL, "Ed")
    changed = accounts.change(LOCAL, "Ed", role=Role.VIEWER, password=OTHER, disabled=True)
    assert (changed.role, changed.disabled) == (Role.VIEWER, True)
    assert accounts.change(LOCAL, "Ed", disabled=False).disabled is False
    assert accounts.sign_in("Ed", OTHER).who.role is Role.VIEWER


def test_changing_the_own_password(accounts: Accounts) -> None:
    here, there = accounts.sign_in("Vi", GOOD), accounts.sign_in("Vi", GOOD)
    with pytest.raises(Refused, match="present password"):
        accounts.change_password(here.who, "wrong wrong wrong", OTHER)
    with pytest.raises(BadInput):
        accounts.change_password(here.who, GOOD, "short")
    accounts.change_password(here.who, GOOD, OTHER, secret=here.secret)
    assert accounts.who_of_session(here.secret)
    assert accounts.who_of_session(there.secret) is None
    accounts.sign_in("Vi", OTHER)
    with pytest.raises(NotFound):
        accounts.change_password(LOCAL, GOOD, OTHER)


def test_guessing_the_present_password_is_throttled(accounts: Accounts) -> None:
    vi = signed_in(accounts, "Vi")
    for _ in range(10):
        with pytest.raises(Refused, match="present password"):
            accounts.change_password(vi, "wrong wrong wrong", OTHER)
    with pytest.raises(Refused, match="too many"):
        accounts.change_password(vi, GOOD, OTHER)


def test_hashes_of_older_parameters_are_renewed_at_sign_in(work_database: WorkDatabase) -> None:
    Accounts(lambda: work_database, passwords=Passwords(QUICK)).add(LOCAL, "Ada", GOOD, Role.ADMIN)
    newer = Passwords(argon2.PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    Accounts(lambda: work_database, passwords=newer).sign_in("Ada", GOOD)
    with work_database.reading() as step:
        assert "t=2" in (step.scalar(select(UserRow.password_hash)) or "")


def test_tokens(accounts: Accounts, work_database: WorkDatabase) -> None:
    ed = signed_in(accounts, "Ed")
    made = accounts.add_token(ed, "nightly  export", Role.VIEWER, days=7)
    assert made.secret.startswith("inlink_")
    assert made.secret not in repr(made)
    assert (made.token.label, made.token.role, made.token.user) == ("nightly export", Role.VIEWER, "Ed")
    assert made.token.expires_at == made.token.made_at + 7 * 24 * HOUR_US
    assert accounts.who_of_token(made.secret) == Who(ed.user_id, "Ed", Role.VIEWER, "token")
    assert accounts.tokens(ed)[0].used_at
    for wrong in ("", "inlink_", made.secret[:-1], made.secret.upper(), made.secret.removeprefix("inlink_"), "\udcff"):
        assert accounts.who_of_token(wrong) is None
    with work_database.step() as step:
        step.execute(update(TokenRow).values(expires_at=TokenRow.made_at))
    assert accounts.who_of_token(made.secret) is None


def test_what_a_token_may_not_be(accounts: Accounts) -> None:
    ada, ed = signed_in(accounts, "Ada"), signed_in(accounts, "Ed")
    with pytest.raises(Refused, match="can do no more"):
        accounts.add_token(ed, "x", Role.ADMIN)
    with pytest.raises(Refused, match="needs the role admin"):
        accounts.add_token(ed, "x", Role.VIEWER, user="Ada")
    with pytest.raises(Refused, match="can do no more"):
        accounts.add_token(ada, "x", Role.ADMIN, user="Ed")
    for label, days in (("", 7), ("x" * 101, 7), ("a\u202eb", 7), ("x", 0), ("x", 10**6)):
        with pytest.raises(BadInput):
            accounts.add_token(ed, label, Role.VIEWER, days=days)
    by_token = accounts.who_of_token(accounts.add_token(ada, "x", Role.ADMIN, days=None).secret)
    assert by_token is not None
    with pytest.raises(Refused, match="a token cannot do this"):
        accounts.add_token(by_token, "more of it", Role.ADMIN)
    with pytest.raises(Refused, match="a token cannot do this"):
        accounts.change_password(by_token, GOOD, OTHER)


def test_tokens_are_removed_by_their_user_or_an_admin(accounts: Accounts) -> None:
    ada, ed, vi = (signed_in(accounts, name) for name in ("Ada", "Ed", "Vi"))
    made = [accounts.add_token(ed, f"t{n}", Role.VIEWER) for n in range(2)]
    with pytest.raises(NotFound):
        accounts.remove_token(vi, made[0].token.token_id)
    with pytest.raises(Refused):
        accounts.tokens(vi, everybodys=True)
    assert [token.user for token in accounts.tokens(ada, everybodys=True)] == ["Ed", "Ed"]
    accounts.remove_token(ed, made[0].token.token_id)
    accounts.remove_token(ada, made[1].token.token_id)
    assert accounts.tokens(ed) == []
    assert accounts.who_of_token(made[0].secret) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_admins_see_and_change_users(accounts: Accounts, role: Role) -> None:
    who = Who(99, "Mallory", role, "session")
    for attempt in (
        lambda: accounts.users(who),
        lambda: accounts.add(who, "Neu", GOOD, Role.VIEWER),
        lambda: accounts.set_role(who, "Vi", Role.ADMIN),
        lambda: accounts.set_password(who, "Ada", OTHER),
        lambda: accounts.set_disabled(who, "Ed", True),
        lambda: accounts.set_email(who, "Ed", None),
        lambda: accounts.remove(who, "Vi"),
    ):
        with pytest.raises(Refused, match="needs the role admin"):
            attempt()


def test_no_secret_is_kept_anywhere(accounts: Accounts, work_database: WorkDatabase) -> None:
    found = accounts.sign_in("Ada", GOOD)
    made = accounts.add_token(found.who, "script", Role.VIEWER)
    with pytest.raises(Refused):
        accounts.sign_in(OTHER, "typed into the wrong field")
    accounts.set_password(LOCAL, "Ed", OTHER)
    kept = []
    with work_database.reading() as step:
        for table in ("users", "sessions", "tokens", "audit"):
            kept += [json.dumps([str(v) for v in row]) for row in step.execute(text(f"select * from {table}"))]
    everything = "\n".join(kept)
    for secret in (GOOD, OTHER, found.secret, made.secret, made.secret.removeprefix("inlink_")):
        assert secret not in everything
        assert secret not in repr((found, made, accounts.users(LOCAL), accounts.tokens(found.who)))


def test_everything_is_told_to_the_audit_log(accounts: Accounts, work_database: WorkDatabase) -> None:
    before = len(audit.entries(work_database))
    ada = accounts.sign_in("Ada", GOOD, address="192.0.2.7")
    with pytest.raises(Refused):
        accounts.sign_in("Ada", "wrong wrong wrong", address="192.0.2.8")
    made = accounts.add_token(ada.who, "script", Role.VIEWER)
    accounts.remove_token(ada.who, made.token.token_id)
    accounts.set_role(ada.who, "Ed", Role.VIEWER)
    accounts.set_disabled(ada.who, "Ed", True)
    accounts.set_disabled(ada.who, "Ed", False)
    accounts.set_password(ada.who, "Ed", OTHER)
    accounts.set_email(ada.who, "Ed", "ed@example.org")
    accounts.remove(ada.who, "Ed")
    accounts.sign_out(ada.secret)
    told = audit.entries(work_database)[: -before or None][::-1]
    assert [(entry.action, entry.subject) for entry in told] == [
        ("login", "Ada"), ("login.fail", "Ada"), ("token.add", "Ada"), ("token.remove", "Ada"), ("user.role", "Ed"),
        ("user.disable", "Ed"), ("user.enable", "Ed"), ("user.password", "Ed"), ("user.email", "Ed"),
        ("user.remove", "Ed"), ("logout", "Ada"),
    ]  # fmt: skip
    assert {entry.who for entry in told} == {"Ada", "nobody"}
    assert told[1].details == {"address": "192.0.2.8"}


def test_a_change_that_fails_is_not_told(accounts: Accounts, work_database: WorkDatabase) -> None:
    before = audit.entries(work_database)
    with pytest.raises(Refused):
        accounts.remove(LOCAL, "Ada")
    with pytest.raises(BadInput):
        accounts.add(LOCAL, "ED", GOOD, Role.VIEWER)
    assert audit.entries(work_database) == before


def test_a_password_changed_meanwhile_ends_the_sign_in(
    accounts: Accounts, work_database: WorkDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_outdated = Passwords.is_outdated

    def changed_meanwhile(self: Passwords, kept: str) -> bool:
        accounts.set_password(LOCAL, "Ed", OTHER)
        return is_outdated(self, kept)

    monkeypatch.setattr(Passwords, "is_outdated", changed_meanwhile)
    with pytest.raises(Refused, match="just changed"):
        accounts.sign_in("Ed", GOOD)
    assert dataclasses.asdict(accounts.users(LOCAL)[1])["name"] == "Ed"
