"""Messages by e-mail."""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from inlink.monitor.alerts.outbox import Message, Sent
from inlink.monitor.alerts.wording import lines, subject

PASSWORD = "INLINK_SMTP_PASSWORD"  # noqa: S105  the name of a variable
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class MailBox:
    """From whom, to whom, through which server (smtp:// or smtps://, a user name before @)."""

    server: str
    sender: str
    recipients: tuple[str, ...]


def letter(message: Message, box: MailBox, identity: str) -> EmailMessage:
    """The message as a mail. Its Message-ID is the same each time, so that a mail server knows it again."""
    mail = EmailMessage()
    mail["Subject"] = subject(message.events)
    mail["From"] = box.sender
    mail["To"] = ", ".join(box.recipients)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<inlink.{identity}.{message.id}@{box.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in return
    mail.set_content("\n\n".join("\n".join(lines(event)) for event in message.events) + "\n")
    return mail


def send(message: Message, box: MailBox, identity: str) -> Sent:
    """Hand the message to the mail server. Until the text is handed over a failure is certain; then it is not."""
    mail = letter(message, box, identity)
    try:
        server = _connected(box.server)
    except (OSError, smtplib.SMTPException) as error:
        return Sent(False, True, f"no connection to the mail server: {error}")
    try:
        problem = _addressed(server, box)
        if problem:
            return Sent(False, True, problem)
        try:
            code, answer = server.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:
            return Sent(False, True, f"refused: {error.smtp_code} {error.smtp_error!r}")
        except (OSError, smtplib.SMTPException) as error:
            return Sent(False, False, f"the connection ended before the server said whether it took the mail: {error}")
        said = answer.decode("utf-8", "replace")
        return Sent(code == 250, True, f"{code} {said}")
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected(address: str) -> smtplib.SMTP:
    """A session with the server, under TLS where it is offered, logged in where a user is named."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            if parts.scheme == "smtp" and not isinstance(server.sock, ssl.SSLSocket):
                raise smtplib.SMTPException("the server offers no TLS, and a password does not go without")
            server.login(unquote(parts.username), os.environ.get(PASSWORD, ""))
    except BaseException:
        server.close()
        raise
    return server


def _addressed(server: smtplib.SMTP, box: MailBox) -> str:
    """Name sender and recipients; what was refused, where nobody is left."""
    refused = []
    try:
        code, answer = server.mail(box.sender)
        if code != 250:
            return f"the sender was refused: {code} {answer!r}"
        for recipient in box.recipients:
            code, answer = server.rcpt(recipient)
            if code not in (250, 251):
                refused.append(f"{recipient}: {code} {answer!r}")
    except (OSError, smtplib.SMTPException) as error:
        return f"the connection to the mail server ended: {error}"
    return f"all recipients were refused: {', '.join(refused)}" if len(refused) == len(box.recipients) else ""
