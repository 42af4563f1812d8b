"""Addresses as inputs: a local HTTPS server stands in for the world."""

import contextlib
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from geomap import articles
from geomap.articles import network
from geomap.errors import InputError
from geomap.records import Article

BODY = "<p>Troops left Kursk on Thursday, the general staff said in its evening report.</p>" * 3
PAGE = f"<!doctype html><html><head><title>Front</title></head><body><article>{BODY}</article>"
CYRILLIC = PAGE.replace("Kursk", "Курск").encode("windows-1251")
FEED = """<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The News</title>
<item><title>Whole</title><link>{base}/never-asked</link><pubDate>Fri, 14 Mar 2025 10:00:00 GMT
</pubDate><content:encoded><![CDATA[{body}]]></content:encoded></item>
<item><title>Linked</title><link>{base}/page</link><description>In short</description></item>
<item><title>Broken</title><link>{base}/missing</link></item>
<item><title>Inside</title><link>https://10.0.0.1/secret</link></item>
<item><title>Plain</title><link>http://localhost/page</link></item>
<item><title>Nothing</title></item>
</channel></rss>"""


class Handler(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        base = f"https://localhost:{self.server.server_port}"
        moved = {"/moved": "/page", "/out": "http://localhost/page", "/in": "https://127.0.0.1/x"}
        if self.path in moved:
            target = moved[self.path]
            self.send_response(302)
            self.send_header("Location", base + target if target == "/page" else target)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data, kind = {
            "/page": (PAGE.encode(), "text/html"),
            "/cyrillic": (CYRILLIC, "text/html; charset=windows-1251"),
            "/plain.txt": (b"date 2025-03-14 Kyiv", "text/plain"),
            "/feed": (FEED.format(base=base, body=BODY).encode(), "application/rss+xml"),
            "/large": (b"x" * 3000, "text/plain"),
            "/slow": (b"x" * 20, "text/plain"),
        }.get(self.path, (b"", ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) + (self.path == "/slow")))
        self.end_headers()
        with contextlib.suppress(OSError):
            for byte in data if self.path == "/slow" else [data]:
                self.wfile.write(bytes([byte]) if self.path == "/slow" else byte)
                time.sleep(0.05 if self.path == "/slow" else 0)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("authority")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    monkeypatch.setattr(network, "PAUSE_S", 0)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Handler.asked = []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"https://localhost:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def fetch(*inputs: str, **options: bool) -> tuple[list[Article], list[str]]:
    errors: list[InputError] = []
    found = list(
        articles.read(inputs, on_error=errors.append, **{"allow_network": True, **options})
    )
    return found, [str(error) for error in errors]


def test_nothing_is_fetched_unasked(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Kyiv")
    found, errors = fetch(f"{server}/page", str(tmp_path / "a.txt"), allow_network=False)
    assert [article.text for article in found] == ["Kyiv"]
    assert "--allow-network" in errors[0]
    assert Handler.asked == []


def test_a_page_is_read_and_redirects_are_followed(server: str) -> None:
    for path in ("page", "moved"):
        [article], errors = fetch(f"{server}/{path}")
        assert errors == []
        assert (article.id, article.title) == ("page", "Front")
        assert (article.url, article.source) == (f"{server}/page", "localhost")
        assert "Kursk" in article.text


def test_the_encoding_that_the_server_gives_and_plain_text(server: str) -> None:
    found, errors = fetch(f"{server}/cyrillic", f"{server}/plain.txt")
    assert errors == []
    assert "Курск" in found[0].text
    assert found[1].text == "date 2025-03-14 Kyiv"
    assert str(found[1].published) == "2025-03-14"


def test_a_feed_is_read_and_its_bad_entries_spoil_no_other(server: str) -> None:
    found, errors = fetch(f"{server}/feed")
    assert [article.title for article in found] == ["Whole", "Linked"]
    assert [article.source for article in found] == ["The News"] * 2
    assert str(found[0].published) == "2025-03-14"
    assert found[0].url == f"{server}/never-asked"
    assert [error.rpartition(": ")[2] for error in errors] == [
        "the server says 404; check it in a browser",
        "not a public address; give it yourself if you mean it",
        "only HTTPS is fetched; give an address with https://",
        "an entry has neither text nor link; nothing can be read",
    ]
    assert Handler.asked == ["/feed", "/page", "/missing"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/missing", "404"),
        ("/out", "only HTTPS"),
        ("/in", "not a public address"),
        ("/large", "MB"),
        ("/slow", "no whole answer within 0.3 s"),
    ],
)
def test_what_cannot_be_had(
    server: str, monkeypatch: pytest.MonkeyPatch, path: str, says: str
) -> None:
    monkeypatch.setattr(network, "MAX_BYTES", 2000)
    monkeypatch.setattr(network, "TIMEOUT_S", 0.3)
    began = time.monotonic()
    found, [error] = fetch(server + path)
    assert found == []
    assert says in error
    assert time.monotonic() - began < 2


def test_what_is_no_address(server: str) -> None:
    port = server.rpartition(":")[2]
    unreachable = "https://localhost:1/"
    found, errors = fetch(f"http://localhost:{port}/page", "https://", "https://[::1", unreachable)
    assert found == []
    assert [any(s in e for s in ("HTTPS", "no address", "fetched")) for e in errors] == [True] * 4
    assert "/page" not in Handler.asked


def test_a_server_that_cannot_show_who_it_is_is_not_believed(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    _, [error] = fetch(f"{server}/page")
    assert "cannot be fetched" in error
    assert Handler.asked == []


def test_passwords_and_keys_are_shown_nowhere(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    host = server.removeprefix("https://")
    secrets = (f"https://anna:hunter2@{host}/page", f"{server}/missing?q=1&api_key=hunter2")
    for asked in (True, False):
        found, errors = fetch(*secrets, allow_network=asked)
        assert found == []
        assert len(errors) == 2
        assert "hunter2" not in " ".join(errors) + caplog.text
    assert "user or password" in fetch(secrets[0])[1][0]
    assert f"{server}/missing?q=1: " in fetch(secrets[1])[1][0]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]",
     "[::ffff:10.0.0.1]", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "localhost"],
)  # fmt: skip
def test_no_link_leads_into_the_own_network(host: str) -> None:
    with pytest.raises(InputError, match="not a public address"):
        network._check(f"https://{host}/x", "example.org")
