"""Questions to DNS, against a small server of the tests that answers well, wrongly, late or never."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inlink.fetch import DEFAULT_POLICY, Policy
from inlink.fetch.loops import finished
from inlink.fetch.names import CNAME, NOT_ASKED, NS, A, Names, Served, _system_resolver
from inlink.fetch.routes import parse_route

Answer = Callable[[bytes, str, int], bytes | None]
ZONE = {
    ("bread.example", NS): [(NS, "ns1.parking.example"), (NS, "NS2.Parking.Example")],
    ("www.bread.example", A): [
        (CNAME, "sale.parking.example"),
        (CNAME, "edge.parking.example"),
        (A, "\x01\x02\x03\x04"),
    ],
}


def name_of(text: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() for one in text.split(".")) + b"\0"


def asked_of(question: bytes) -> tuple[str, int]:
    at, labels = 12, []
    while size := question[at]:
        labels.append(question[at + 1 : at + 1 + size].decode())
        at += size + 1
    return ".".join(labels), struct.unpack(">H", question[at + 1 : at + 3])[0]


def message(question: bytes, records: list[bytes], flags: int = 0x8180) -> bytes:
    """An answer that repeats the question."""
    return question[:2] + struct.pack(">5H", flags, 1, len(records), 0, 0) + question[12:-11] + b"".join(records)


def record(kind: int, data: bytes) -> bytes:
    """A record of the asked name, which a pointer stands for."""
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def from_zone(question: bytes, name: str, kind: int) -> bytes:
    found = ZONE.get((name, kind), [])
    return message(question, [record(k, value.encode("latin-1") if k == A else name_of(value)) for k, value in found])


@contextmanager
def dns(answer: Answer) -> Iterator[tuple[tuple[str, int], list[tuple[str, int]]]]:
    """A DNS server on this machine, and what it was asked."""
    asked: list[tuple[str, int]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))

        def run() -> None:
            while True:
                question, whom = ear.recvfrom(2000)
                if question == b"end":
                    return
                name, kind = asked_of(question)
                asked.append((name, kind))
                said = answer(question, name, kind)
                if said is not None:
                    ear.sendto(said, whom)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield ear.getsockname(), asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"end", ear.getsockname())
            thread.join()


def ask(server: tuple[str, int], *hosts: str, timeout_s: float = 60.0) -> list[Served]:
    async def run() -> list[Served]:
        names = Names(DEFAULT_POLICY, server, timeout_s)
        return [await names.of(host, "bread.example") for host in hosts]

    return finished(run())


def test_name_servers_and_aliases() -> None:
    with dns(from_zone) as (server, asked):
        found = ask(server, "www.bread.example", "www.bread.example", "127.0.0.1")
    served = Served(
        ("ns1.parking.example", "ns2.parking.example"), ("sale.parking.example", "edge.parking.example")
    )  # names in lower case, addresses left out
    assert found == [served, served, NOT_ASKED]
    assert sorted(asked) == [("bread.example", NS), ("www.bread.example", A)]


NAME = record(NS, name_of("ns1.parking.example"))
WRONG: dict[str, Answer] = {
    "another number": lambda q, *_: bytes([q[0] ^ 1]) + message(q, [NAME])[1:],
    "another question": lambda q, *_: message(q, [NAME]).replace(b"\x05bread", b"\x05broad"),
    "longer than asked for": lambda q, *_: message(q, [NAME] * 100),
}
EMPTY: dict[str, Answer] = {
    "a question": lambda q, *_: q,
    "cut": lambda q, *_: message(q, [NAME], 0x8380),
    "no such name": lambda q, *_: message(q, [NAME], 0x8183),
    "refused": lambda q, *_: message(q, [], 0x8185),
    "fewer records than it says": lambda q, *_: message(q, [NAME, NAME])[: -len(NAME) - 3],
    "a pointer to itself": lambda q, *_: message(q, [record(NS, struct.pack(">H", 0xC000 | len(q) - 11 + 12))]),
    "a pointer beyond": lambda q, *_: message(q, [record(NS, b"\xff\xff")]),
    "a label of no kind": lambda q, *_: message(q, [record(NS, b"\x80abc\0")]),
    "a name without end": lambda q, *_: message(
        q, [record(NS, b"\x3f" + b"a" * 63 + struct.pack(">H", 0xC000 | len(q) - 11 + 12))]
    ),
    "not ASCII": lambda q, *_: message(q, [record(NS, b"\x02\xff\xfe\0")]),
    "nothing": lambda q, *_: q[:-11],
}


@pytest.mark.parametrize("answer", EMPTY.values(), ids=EMPTY)
def test_what_is_no_answer_says_nothing(answer: Answer) -> None:
    with dns(answer) as (server, _):
        assert ask(server, "bread.example") == [NOT_ASKED]


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_was_not_asked_for_is_not_heard(answer: Answer) -> None:
    with dns(answer) as (server, _):
        assert ask(server, "bread.example", timeout_s=0.05) == [NOT_ASKED]


def test_a_silent_resolver_is_soon_left_alone() -> None:
    with dns(lambda *_: None) as (server, asked):
        assert ask(server, *(f"{n}.bread.example" for n in range(9)), timeout_s=0.02) == [NOT_ASKED] * 9
    assert len(asked) == 4


def test_what_is_no_name_is_not_asked_for() -> None:
    with dns(from_zone) as (server, asked):
        assert (
            ask(server, "a..b", "x" * 64, "ä.example", "")
            == [Served(("ns1.parking.example", "ns2.parking.example"))] * 4
        )
    assert {kind for _, kind in asked} == {NS}


def test_the_resolver_of_the_system(tmp_path: Path) -> None:
    place = tmp_path / "resolv.conf"
    assert _system_resolver(place) is None
    place.write_text("# none\nsearch example\nnameserver what\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n")
    assert _system_resolver(place) == ("192.0.2.1", 53)


def test_the_system_is_not_asked_for_test_hosts() -> None:
    policy = Policy(routes=(parse_route("*.bread.example=http://127.0.0.1:1"),))
    names = Names(policy)
    names._server = ("127.0.0.1", 1)
    assert finished(names.of("www.bread.example", "bread.example")) == NOT_ASKED
    assert names._n_silent == 0
