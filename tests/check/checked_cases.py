"""The fixture sites: a page for every verdict, and a near miss that is not it."""

from __future__ import annotations

import gzip

from fixture_sites import (
    MISSING,
    PROSE,
    Answer,
    Request,
    Site,
    bomb,
    hang_up,
    page,
    reply,
    silence,
    site,
    to,
    trickle,
)

SAY = {
    "en": ("Page not found", "The page you are looking for may have been moved."),
    "de": ("Seite nicht gefunden", "Die von Ihnen gesuchte Seite gibt es nicht mehr."),
    "fr": ("Page introuvable", "La page que vous recherchez n’existe plus."),
    "es": ("Página no encontrada", "La página que buscas ya no está disponible."),
    "ja": ("ページが見つかりません", "お探しのページは削除された可能性があります。"),
    "ru": ("Страница не найдена", "Запрашиваемая страница была удалена."),
    "pl": ("Nie znaleziono strony", "Strona, której szukasz, nie istnieje."),
    "zh": ("找不到页面", "您访问的页面不存在。"),
    "pt": ("Página não encontrada", "A página que você procura não existe."),
    "it": ("Pagina non trovata", "La pagina che stai cercando non esiste."),
    "nl": ("Pagina niet gevonden", "De pagina die u zoekt bestaat niet."),
    "ar": ("الصفحة غير موجودة", "الصفحة التي تبحث عنها غير متوفرة."),
}
PARKED = (
    "<!doctype html><html data-adblockkey='x'><head><title>{host}</title>"
    "<script src='https://www.google.com/adsense/domains/caf.js'></script></head>"
    "<body><h1>{host}</h1><p>This domain may be for sale.</p><ul><li>Related Searches</ul></body></html>"
)
LONG = PROSE * 6
APP = (
    "<!doctype html><title>App</title><div id=root></div><script src=/app.js></script>"
    "<noscript>Please enable JavaScript to run this app.</noscript>"
)
PROTECTOR = "<script src=/cdn-cgi/challenge-platform/x.js></script>"
BUSY = ("503 Service Unavailable", "Retry-After: 0")
WALL = page("Cookies", "Please accept cookies to continue to our pages.")
FORM = "<form action=/in><input name=u><input type=password name=p></form>"


def flaky(request: Request) -> Answer:
    """500 once, then 200."""
    return reply(page("Bread")) if request.n_before else reply("oops", "500 Internal Server Error")


def parked(request: Request) -> Answer:
    """Every address alike."""
    return reply(PARKED.format(host=request.host))


def walled(request: Request) -> Answer:
    """Sets a cookie and redirects to itself until it comes back."""
    if "seen=1" in request.headers.get("cookie", ""):
        return reply(page("Bread"))
    return to(request.path, "302 Found", "Set-Cookie: seen=1; Path=/")


def echoing(request: Request) -> Answer:
    """A soft 404 that says the address again."""
    return reply(page(f"Nothing about {request.path.strip('/')}", f"We know nothing of {request.path}. {PROSE}"))


def no_head(request: Request) -> Answer:
    """A server that does not know HEAD."""
    return (
        reply("", "405 Method Not Allowed") if request.method == "HEAD" else reply(b"%PDF-1.4", type="application/pdf")
    )


def lying_head(request: Request) -> Answer:
    """A server that answers HEAD with 404 and GET with the file."""
    return reply("", "404 Not Found") if request.method == "HEAD" else reply(b"%PDF-1.4", type="application/pdf")


def busy(request: Request) -> Answer:
    """429 without end."""
    return reply("", "429 Too Many Requests", "Retry-After: 0")


BREAD = reply(page("Bread"))
REFUSAL = reply("User-agent: *\nDisallow: /bread\n", type="text/plain")
SITES: dict[str, Site] = {
    "plain.example": site(
        {
            "/": reply(page("Crumb and Crust")),
            "/bread": BREAD,
            "/article-404": reply(page("404", LONG)),
            "/404-pages": reply(page("How to write a “Page not found” page", LONG + "The page you requested.")),
            "/band": reply(page("404 Not Found", "404 Not Found is a band from Leeds. " + LONG)),
            "/500": reply("", "500 Internal Server Error"),
            "/503": reply("", "503 Service Unavailable", "Retry-After: 0"),
            "/flaky": flaky,
            "/410": reply("", "410 Gone"),
            "/401": reply("", "401 Unauthorized"),
            "/402": reply("", "402 Payment Required"),
            "/403": reply("", "403 Forbidden"),
            "/451": reply("", "451 Unavailable For Legal Reasons"),
            "/429": busy,
            "/999": reply("", "999 Request denied"),
            "/empty-redirect": reply("", "302 Found"),
            "/loop": to("/loop-2"),
            "/loop-2": to("/loop"),
            **{f"/far/{n}": to(f"/far/{n + 1}") for n in range(40)},
            "/moved": to("/bread", "301 Moved Permanently"),
            "/moved-home": to("/", "301 Moved Permanently"),
            "/moved-away": to("http://other.example/bread"),
            "/moved-missing": to("/nowhere"),
            "/moved-error": to("/404.html"),
            "/404.html": reply(page("Page not found", "Sorry. The page you are looking for is gone.")),
            "/refreshed": reply('<meta http-equiv="refresh" content="0; url=/">'),
            "/www-slash": to("http://www.plain.example/www-slash/"),
            "/private": to("http://127.0.0.1/admin"),
            "/app-link": to("myapp://open"),
            "/slow": trickle,
            "/silent": silence,
            "/hang-up": hang_up,
            "/no-http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "/long-length": reply(page("Bread"), length=100_000),
            "/short-length": reply(page("Bread"), length=300),
            "/bomb": reply(bomb(), "200 OK", "Content-Encoding: gzip"),
            "/zipped": reply(gzip.compress(page("Bread").encode()), "200 OK", "Content-Encoding: gzip"),
            "/not-zipped": reply(page("Bread"), "200 OK", "Content-Encoding: gzip"),
            "/paper.pdf": reply(b"%PDF-1.4", type="application/pdf"),
            "/no-head.pdf": no_head,
            "/lying-head.pdf": lying_head,
            "/paper-gone.pdf": reply(page("Page not found", "The page you requested is not here.")),
            "/204": reply("", "204 No Content"),
            "/members": to("/account/login?next=/members"),
            "/account/login": reply(page("Log in", FORM)),
            "/account/login?next=/members": reply(page("Log in", FORM)),
            "/members-only": reply(page("Please log in", FORM)),
            "/with-form": reply(page("Bread", LONG + FORM)),
            "/consent": to("http://consent.other.example/collectConsent?x=1"),
            "/challenge": reply(page("Just a moment...", PROTECTOR), *BUSY),
            "/challenge-200": reply(page("Just a moment...", PROTECTOR)),
            "/protected": reply(page("Bread", LONG + PROTECTOR)),
            "/a-moment": reply(page("Just a moment", LONG)),
            "/sale-story": reply(page("This domain is for sale", LONG)),
            "/out-of-stock": reply(page("Rye flour", "This product is no longer available. " + LONG)),
            **{f"/{lang}": reply(page(f"{one} | Crumb and Crust", two, h1=one)) for lang, (one, two) in SAY.items()},
            "/404-number": reply(page("404", "Sorry, the page you requested could not be found.")),
        }
    ),
    "www.plain.example": site({"/www-slash/": BREAD}),
    "consent.other.example": site({"/collectConsent?x=1": reply(WALL)}),
    "other.example": site({"/bread": BREAD}),
    "home-for-all.example": site({"/": reply(page("Home")), "/bread": BREAD}, to("/")),
    "home-for-all-2.example": site({"/": reply(page("Home")), "/?from=404": reply(page("Home"))}, to("/?from=404")),
    "one-for-all.example": site({"/bread": BREAD, "/": reply(page("Home"))}, reply(page("Home"))),
    "echo.example": site({"/bread": BREAD}, echoing),
    "soft.example": site({f"/{lang}/real": reply(page(f"Bread in {lang}", LONG)) for lang in SAY},
                         reply(page("Crumb and Crust", "Use the search to find what you need.", h1="Hello"))),
    "short.example": site(
        {f"/photo/{n}": reply(page(f"Photo {n} of an oven", "", nav=LONG)) for n in range(3)},
        reply(page("Gallery", "", nav=LONG)),
    ),
    **{
        f"soft-{lang}.example": site(
            {"/real": reply(page("Bread", LONG))}, reply(page(title, text).replace('lang="en"', f'lang="{lang}"'))
        )
        for lang, (title, text) in SAY.items()
    },
    "app.example": site({}, reply(APP)),
    "wall.example": site({}, reply(WALL)),
    "login-for-all.example": site({"/login?next=x": reply(page("Sign in", FORM))}, to("/login?next=x")),
    "cookie-loop.example": site({"/bread": walled, "/": walled}),
    "parked.example": parked,
    "sold.example": site({}, to("https://www.hugedomains.com/domain_profile.cfm?d=sold.example")),
    "sold-story.example": site({"/guide": to("https://www.hugedomains.com/guide")}),
    "www.hugedomains.com": site({}, reply(page("Domains", LONG))),
    "refused-robots.example": site({"/bread": BREAD, "/open": BREAD}, robots=REFUSAL),
    "broken-robots.example": site({"/bread": BREAD}, robots=reply("", "500 Internal Server Error")),
    "silent-robots.example": site({"/bread": BREAD}, robots=silence),
    "odd-siblings.example": site({"/a/bread": BREAD}, reply("", "500 Internal Server Error")),
    "shy-siblings.example": site({"/a/bread": BREAD}, reply("", "403 Forbidden")),
}  # fmt: skip

P, N = "http://plain.example", "ok"
CASES: dict[str, tuple[str, str, str]] = {
    # id: url, verdict, reason
    "home": (f"{P}/", N, "answers"),
    "page": (f"{P}/bread", N, "answers"),
    "404": (f"{P}/nowhere", "not-found", "status-404"),
    "a page titled 404": (f"{P}/article-404", N, "answers"),
    "a page about 404 pages": (f"{P}/404-pages", N, "answers"),
    "a band called 404 not found": (f"{P}/band", N, "answers"),
    "410": (f"{P}/410", "gone", "status-410"),
    "500": (f"{P}/500", "server-error", "status-5xx"),
    "500 once then 200": (f"{P}/flaky", N, "answers"),
    "503": (f"{P}/503", "server-error", "status-5xx"),
    "502 of every page and robots.txt": ("http://nobody.example/x", "unknown", "robots-unreachable"),
    "401": (f"{P}/401", "login-wall", "status-401"),
    "402": (f"{P}/402", "login-wall", "status-402"),
    "403": (f"{P}/403", "unknown", "status-403"),
    "429": (f"{P}/429", "unknown", "status-429"),
    "451": (f"{P}/451", "unknown", "status-other"),
    "999": (f"{P}/999", "unknown", "status-other"),
    "204": (f"{P}/204", N, "answers"),
    "redirect without location": (f"{P}/empty-redirect", "server-error", "bad-answer"),
    "redirect loop": (f"{P}/loop", "server-error", "redirect-loop"),
    "cookie loop": ("http://cookie-loop.example/bread", N, "answers"),
    "endless redirects": (f"{P}/far/0", "server-error", "too-many-redirects"),
    "few redirects": (f"{P}/far/38", "not-found", "status-404"),
    "moved": (f"{P}/moved", "redirected", "moved-within"),
    "moved to www and slash": (f"{P}/www-slash", "redirected", "same-page"),
    "moved home": (f"{P}/moved-home", "redirected-home", "to-home"),
    "moved home by refresh": (f"{P}/refreshed", "redirected-home", "to-home"),
    "moved away": (f"{P}/moved-away", "redirected-away", "to-another-site"),
    "moved to a 404": (f"{P}/moved-missing", "not-found", "status-404"),
    "moved to an error page": (f"{P}/moved-error", "soft-404", "led-to-error"),
    "the error page itself": (f"{P}/404.html", N, "answers"),
    "moved into a private network": (f"{P}/private", "unknown", "never-asked"),
    "moved to an app": (f"{P}/app-link", "unknown", "never-asked"),
    "everything home": ("http://home-for-all.example/old", "soft-404", "all-led-here"),
    "but for a page": ("http://home-for-all.example/bread", N, "answers"),
    "everything home with a query": ("http://home-for-all-2.example/old", "soft-404", "all-led-here"),
    "home where everything is": ("http://home-for-all.example/", N, "answers"),
    "home page for everything": ("http://one-for-all.example/old", "soft-404", "like-made-up"),
    "but one": ("http://one-for-all.example/bread", N, "answers"),
    "home of one for all": ("http://one-for-all.example/", N, "answers"),
    "soft 404 that echoes": ("http://echo.example/old-oven", "soft-404", "like-made-up"),
    "real page where soft 404s echo": ("http://echo.example/bread", N, "answers"),
    "soft 404 without a word": ("http://soft.example/old", "soft-404", "like-made-up"),
    "short pages of one frame": ("http://short.example/photo/1", N, "answers"),
    "gallery that is not there": ("http://short.example/photo/99", "soft-404", "like-made-up"),
    **{f"soft 404 in {lang}": (f"http://soft-{lang}.example/old", "soft-404", "like-made-up") for lang in SAY},
    **{f"real page beside, {lang}": (f"http://soft-{lang}.example/real", N, "answers") for lang in SAY},
    **{f"real page of a soft site, {lang}": (f"http://soft.example/{lang}/real", N, "answers") for lang in SAY},
    **{f"text in {lang}, made-up ones 404": (f"{P}/{lang}", "soft-404", "says-not-there") for lang in SAY},
    "the number and a sentence": (f"{P}/404-number", "soft-404", "says-not-there"),
    "out of stock with a page": (f"{P}/out-of-stock", N, "answers"),
    "script only": ("http://app.example/a/b", "unknown", "script-only"),
    "home, script only": ("http://app.example/", N, "answers"),
    "cookie wall": ("http://wall.example/a", "unknown", "consent"),
    "consent elsewhere": (f"{P}/consent", "unknown", "consent"),
    "login by redirect": (f"{P}/members", "login-wall", "led-to-login"),
    "login for everything": ("http://login-for-all.example/a", "login-wall", "led-to-login"),
    "login shown": (f"{P}/members-only", "login-wall", "shows-login"),
    "a page with a login form": (f"{P}/with-form", N, "answers"),
    "the login page itself": (f"{P}/account/login", N, "answers"),
    "challenge": (f"{P}/challenge", "unknown", "challenge"),
    "challenge with 200": (f"{P}/challenge-200", "unknown", "challenge"),
    "page with a script of the protector": (f"{P}/protected", N, "answers"),
    "page called just a moment": (f"{P}/a-moment", N, "answers"),
    "parked": ("http://parked.example/old", "parked", "parked-signs"),
    "parked home": ("http://parked.example/", "parked", "parked-signs"),
    "for sale on a marketplace": ("http://sold.example/old", "parked", "for-sale"),
    "moved to an article of a marketplace": ("http://sold-story.example/guide", "redirected-away", "to-another-site"),
    "a story about a sale": (f"{P}/sale-story", N, "answers"),
    "robots refuse": ("http://refused-robots.example/bread", "robots", "robots"),
    "robots refuse another": ("http://refused-robots.example/open", N, "answers"),
    "robots.txt with 500": ("http://broken-robots.example/bread", "unknown", "robots-unreachable"),
    "robots.txt without answer": ("http://silent-robots.example/bread", "unknown", "robots-unreachable"),
    "made-up ones with 500": ("http://odd-siblings.example/a/bread", N, "answers"),
    "made-up ones with 403": ("http://shy-siblings.example/a/bread", N, "answers"),
    "slow-loris": (f"{P}/slow", "timeout", "timeout"),
    "silent": (f"{P}/silent", "timeout", "timeout"),
    "hangs up": (f"{P}/hang-up", "server-error", "broken"),
    "no HTTP": (f"{P}/no-http", "server-error", "bad-answer"),
    "length too long": (f"{P}/long-length", N, "answers"),
    "length too short": (f"{P}/short-length", N, "answers"),
    "gzip bomb": (f"{P}/bomb", N, "answers"),
    "gzip": (f"{P}/zipped", N, "answers"),
    "gzip in name only": (f"{P}/not-zipped", "unknown", "unreadable"),
    "file": (f"{P}/paper.pdf", N, "file-answers"),
    "file, HEAD not allowed": (f"{P}/no-head.pdf", N, "file-answers"),
    "file, HEAD says 404": (f"{P}/lying-head.pdf", N, "file-answers"),
    "page in place of a file": (f"{P}/paper-gone.pdf", "soft-404", "says-not-there"),
    "no such host": ("http://no-such-host.invalid/", "dns", "dns"),
    "not a URL": ("mailto:baker@plain.example", "unknown", "never-asked"),
    "private address": ("http://127.0.0.1:1/x", "unknown", "never-asked"),
}
assert MISSING
