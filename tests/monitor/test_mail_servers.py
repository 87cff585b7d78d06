"""Mail over TLS and with a login, against a server with a certificate of the tests' own."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from mail_sink import Sink, taking_mail

from inlink.monitor.alerts.mail import PASSWORD, MailBox, send
from inlink.monitor.alerts.outbox import Message, Sent

LOGIN = ("me@mine.example", "pass word")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, made for the moment."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here to make a certificate")
    place = tmp_path_factory.mktemp("tls") / "cert.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *words, "-keyout", place, "-out", f"{place}.crt"], check=True, capture_output=True)
    place.write_text(place.read_text() + Path(f"{place}.crt").read_text())
    return place


def sink_of(certificate: Path, **how: bool | tuple[str, str] | None) -> Sink:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    return Sink(tls=tls, **how)  # type: ignore[arg-type]


def sent(sink: Sink, scheme: str, user: str = "me%40mine.example@") -> Sent:
    box = MailBox(f"{scheme}://{user}localhost:{sink.port}", "inlink@mine.example", ("you@mine.example",))
    return send(Message(1, "mail", ()), box, "test")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv(PASSWORD, LOGIN[1])
    return certificate


@pytest.mark.parametrize("has_starttls", [False, True], ids=["smtps", "STARTTLS"])
def test_a_login_goes_under_tls(trusted: Path, has_starttls: bool) -> None:
    with taking_mail(sink_of(trusted, has_starttls=has_starttls, login=LOGIN)) as sink:
        said = sent(sink, "smtp" if has_starttls else "smtps")
    assert (said.is_taken, said.is_sure, len(sink.mails)) == (True, True, 1)
    assert sink.logins == [(*LOGIN, True)]


@pytest.mark.parametrize("has_starttls", [False, True], ids=["smtps", "STARTTLS"])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    certificate: Path, has_starttls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, LOGIN[1])
    with taking_mail(sink_of(certificate, has_starttls=has_starttls, login=LOGIN)) as sink:
        said = sent(sink, "smtp" if has_starttls else "smtps")
    assert (said.is_taken, said.is_sure, sink.mails, sink.logins) == (False, True, [], [])
    assert "certificate" in said.said.lower()


def test_a_certificate_of_another_name_gets_nothing(trusted: Path) -> None:
    with taking_mail(sink_of(trusted, login=LOGIN)) as sink:
        box = MailBox(f"smtps://me@127.0.0.1:{sink.port}", "inlink@mine.example", ("you@mine.example",))
        said = send(Message(1, "mail", ()), box, "test")
    assert (said.is_taken, sink.logins) == (False, [])
    assert "IP address mismatch" in said.said


def test_a_password_never_goes_in_the_clear(trusted: Path) -> None:
    with taking_mail(Sink(login=LOGIN)) as sink:
        said = sent(sink, "smtp")
    assert (said.is_taken, sink.logins) == (False, [])
    assert "offers no TLS" in said.said


def test_a_wrong_password_is_a_certain_failure(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    with taking_mail(sink_of(trusted, login=LOGIN)) as sink:
        said = sent(sink, "smtps")
    assert (said.is_taken, said.is_sure, sink.mails) == (False, True, [])
    assert "535" in said.said


def test_without_a_user_a_server_that_wants_one_refuses(trusted: Path) -> None:
    with taking_mail(sink_of(trusted, login=LOGIN)) as sink:
        said = sent(sink, "smtps", user="")
    assert (said.is_taken, said.is_sure) == (False, True)
    assert "530" in said.said
