"""Verbs of a team: users and tokens."""

from __future__ import annotations

from inlink.cli import account_options
from inlink.cli.declare import ACTIONS, family, verb

USER = family(
    "A team",
    "user",
    "Who may sign in.\n\n"
    "Without users whoever sits at this machine may do everything, and nobody else anything. With one, everybody "
    "signs in.",
)
TOKEN = family("A team", "token", "In whose name programs ask the API.\n\nA token does what its user may, or less.")
for _family, _verbs in ((USER, account_options.user_verbs()), (TOKEN, account_options.token_verbs())):
    for _name, _action, _text, _params, _example in _verbs:
        verb(
            "A team",
            _name,
            f"{ACTIONS}.accounts:{_action}",
            _text,
            _params,
            example=f"inlink -w web {_example}",
            family=_family,
        )
