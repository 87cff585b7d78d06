"""All pages of accounts, and the words that their templates use."""

from __future__ import annotations

from starlette.routing import BaseRoute

from inlink.web import account, account_words, users

ROUTES: list[BaseRoute] = [*account.ROUTES, *users.ROUTES]
FILTERS = account_words.FILTERS
