"""From a page that was answered with 2xx to a verdict: pure functions, the surest evidence first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inlink.check.addresses import host_of, is_consent, is_home, is_login, is_root, is_same_page, names_an_error
from inlink.check.likeness import are_alike
from inlink.check.page import Page
from inlink.check.parking import ParkingLists, is_enough
from inlink.check.siblings import Sibling
from inlink.check.topics import Remembered, other_topic
from inlink.check.wording import Titles, phrases
from inlink.fetch.names import NOT_ASKED, Served

SHORT_WORDS = 150  # own words of a page that may say nothing but that it is not there
TRUSTED_WORDS = 80  # the same, where a made-up address beside it is missing as it should be
TINY_WORDS = 40
LONGER_WORDS = 300
_ANY = 1 << 60
# The most own words by number of signs: where made-up addresses tell nothing, where they are missing as they should be.
_LIMITS = {1: (SHORT_WORDS, TRUSTED_WORDS), 2: (LONGER_WORDS, LONGER_WORDS), 3: (_ANY, _ANY)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and why."""

    verdict: str
    reason: str
    why: str
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a verdict on a page rests on. domain, final_domain: registrable domains of asked and last address.

    is_same_site: both belong together. sibling: None where nothing beside it was asked for.
    """

    url: str
    page: Page
    domain: str
    final_domain: str
    is_same_site: bool
    sibling: Sibling | None = None
    served: Served = NOT_ASKED
    known: Remembered | None = None

    @property
    def is_led(self) -> bool:
        """Whether redirects lead elsewhere."""
        return not is_same_page(self.url, self.page.url)

    @property
    def is_trusted(self) -> bool:
        """Whether a made-up address beside it is missing, as it should be: then its 200 says much."""
        return self.sibling is not None and self.sibling.kind == "missing"


Step = Callable[[Seen, ParkingLists], Finding | None]


def judge(seen: Seen, lists: ParkingLists) -> Finding:
    """The verdict."""
    for step in STEPS:
        finding = step(seen, lists)
        if finding is not None:
            return finding
    return _where(seen)


def is_suspect(seen: Seen) -> bool:
    """Whether a page might be a parked one: the only pages that DNS is asked about."""
    is_open = is_root(seen.url) or (seen.sibling is not None and seen.sibling.kind == "found")
    return is_open and seen.page.n_own_words <= SHORT_WORDS


def _unreadable(seen: Seen, lists: ParkingLists) -> Finding | None:
    if seen.page.body is not None:
        return None
    coding = seen.page.reply.header("content-encoding") or ""
    return Finding("unknown", "unreadable", "the body cannot be decoded", {"content-encoding": coding})


def _challenge(seen: Seen, lists: ParkingLists) -> Finding | None:
    known, page = phrases(), seen.page
    why = "robots are shown a challenge instead of the page"
    if header := known.challenge_header(page.reply.headers):
        return Finding("unknown", "challenge", why, {"header": header})
    said = known.says_challenge(page.titles)
    if said is None or page.n_own_words > TRUSTED_WORDS:
        return None
    piece = next((text.decode() for text in known.challenge_markup if text in page.lower), None)
    if piece is None and seen.is_trusted and page.n_own_words > TINY_WORDS:
        return None
    return Finding("unknown", "challenge", why, {"title": said, **({"markup": piece} if piece else {})})


def _led_to_login(seen: Seen, lists: ParkingLists) -> Finding | None:
    final = seen.page.url
    if not seen.is_led:
        return None
    if is_login(final) and not is_login(seen.url):
        return Finding("login-wall", "led-to-login", "redirects to a login", {"final": final})
    if is_consent(final):
        return Finding("unknown", "consent", "redirects to a consent wall", {"final": final})
    return None


def _for_sale(seen: Seen, lists: ParkingLists) -> Finding | None:
    final = seen.page.url
    host = host_of(final)
    if seen.is_same_site or not lists.service(host) or lists.service(seen.domain) or seen.domain not in final.lower():
        return None
    return Finding("parked", "for-sale", f"leads to {host}, which has {seen.domain} for sale", {"final": final})


def _parked(seen: Seen, lists: ParkingLists) -> Finding | None:
    page = seen.page
    is_top = is_root(seen.url)
    if not page.is_html or (seen.is_trusted and not is_top and not lists.has_address(page.reply.ip)):
        return None
    signs = lists.signs(page, host_of(page.url), seen.final_domain, seen.served)
    if not is_enough(signs, is_home=is_top, is_alone=seen.is_trusted):
        return None
    said = ", ".join(signs.evidence)
    return Finding("parked", "parked-signs", f"shows the signs of a parked domain ({said})", signs.evidence)


def _led_with_all(seen: Seen, lists: ParkingLists) -> Finding | None:
    sibling, final = seen.sibling, seen.page.url
    if sibling is None or sibling.kind != "found" or not sibling.n_redirects or not seen.is_led:
        return None
    if sibling.final_url.partition("?")[0] != final.partition("?")[0]:
        return None
    return Finding("soft-404", "all-led-here", "redirects where a made-up address beside it leads too",
                   {"final": final, "made-up": sibling.url})  # fmt: skip


def _led_to_error(seen: Seen, lists: ParkingLists) -> Finding | None:
    final = seen.page.url
    if not seen.is_led or not names_an_error(final) or names_an_error(seen.url):
        return None
    return Finding("soft-404", "led-to-error", "redirects to an address that names an error", {"final": final})


def _like_made_up(seen: Seen, lists: ParkingLists) -> Finding | None:
    sibling, page = seen.sibling, seen.page
    if sibling is None or sibling.page is None or is_root(seen.url) or not page.is_html:
        return None
    if not sibling.page.is_html or not are_alike(page, sibling.page):
        return None
    evidence = {"made-up": sibling.url, "title": page.title}
    known = phrases()
    if not _missing_signs(page):
        if known.consent.sentence_in(page.text):
            return Finding("unknown", "consent", "shows a consent wall, whatever the address", evidence)
        if page.has_password and known.says_login(page.titles):
            return Finding("login-wall", "shows-login", "shows a login, whatever the address", evidence)
        if page.has_scripts and page.n_own_words <= TINY_WORDS:
            why = "shows nothing without JavaScript, and the same for every address"
            return Finding("unknown", "script-only", why, evidence)
    return Finding("soft-404", "like-made-up", "shows what a made-up address beside it shows", evidence)


def _missing_signs(page: Page) -> dict[str, str]:
    """What of a page says that it is not there: title, heading, a sentence."""
    known = phrases()
    found: dict[str, str] = {}
    for name, titles in (("title", Titles((page.title,))), ("heading", Titles(page.headings))):
        said = known.says_not_found(titles) or known.says_404(titles)
        if said:
            found[name] = said
    sentence = known.not_found.sentence_in(page.text) if found or page.n_own_words <= TINY_WORDS else None
    return found | {"sentence": sentence} if sentence else found


def _says_not_there(seen: Seen, lists: ParkingLists) -> Finding | None:
    """One sign convicts a short page, two one of some length, three any.

    The bare number is none by itself, but where title and heading of a tiny page say nothing else.
    """
    page = seen.page
    if not page.is_html or (seen.is_trusted and names_an_error(seen.url)):
        return None
    if not _could_say_it(seen):
        return None
    signs = _missing_signs(page)
    n_words = page.n_own_words
    if not signs or n_words > _LIMITS[len(signs)][seen.is_trusted]:
        return None
    if phrases().says_not_found(page.titles) is None:
        is_bare = "sentence" not in signs and (seen.is_trusted or len(signs) < 2 or n_words > TINY_WORDS)
        is_lone = len(signs) == 1 and (seen.is_trusted or is_root(seen.url) or n_words > TINY_WORDS)
        if is_bare or is_lone:
            return None
    return Finding("soft-404", "says-not-there", "says that it is not there", signs)


def _could_say_it(seen: Seen) -> bool:
    """Whether a look at the text is worth it: only titles and headings of pages that can be trusted are looked at."""
    titles = seen.page.titles
    if not seen.is_trusted:
        return True
    return phrases().says_not_found(titles) is not None or phrases().says_404(titles) is not None


def _login_shown(seen: Seen, lists: ParkingLists) -> Finding | None:
    page = seen.page
    said = phrases().says_login(page.titles)
    if said is None or not page.has_password or is_login(seen.url) or is_root(seen.url):
        return None
    if page.n_own_words > SHORT_WORDS:
        return None
    return Finding("login-wall", "shows-login", "shows a login and nothing else", {"heading": said})


def _consent_shown(seen: Seen, lists: ParkingLists) -> Finding | None:
    page = seen.page
    if not page.is_html or len(page.html) > 1 << 15 or not page.could_be_wall or page.n_own_words > TINY_WORDS:
        return None
    said = phrases().consent.sentence_in(page.text)
    return None if said is None else Finding("unknown", "consent", "shows a consent wall", {"sentence": said})


def _hijacked(seen: Seen, lists: ParkingLists) -> Finding | None:
    if seen.known is None or not seen.page.is_html:
        return None
    evidence = other_topic(seen.page, seen.known)
    if evidence is None:
        return None
    why = "says nothing of what was known of it, and what taken-over domains say"
    return Finding("hijacked", "other-topic", why, evidence)


def _where(seen: Seen) -> Finding:
    """A page that is alive: where it is."""
    page, final = seen.page, seen.page.url
    evidence = {"title": page.title} if page.title else {}
    if final == seen.url:
        reason = "answers" if page.is_html else "file-answers"
        return Finding("ok", reason, "the page answers" if page.is_html else "the file is there", evidence)
    evidence["final"] = final
    if not seen.is_same_site:
        return Finding("redirected-away", "to-another-site", f"redirects to another site, {host_of(final)}", evidence)
    if not seen.is_led:
        return Finding("redirected", "same-page", "redirects to another spelling of the same address", evidence)
    if is_home(final) and not is_home(seen.url):
        return Finding("redirected-home", "to-home", "redirects to the home page of its site", evidence)
    return Finding("redirected", "moved-within", "redirects to another address of the same site", evidence)


STEPS: tuple[Step, ...] = (
    _unreadable,
    _challenge,
    _led_to_login,
    _for_sale,
    _parked,
    _led_with_all,
    _led_to_error,
    _like_made_up,
    _says_not_there,
    _login_shown,
    _consent_shown,
    _hijacked,
)
