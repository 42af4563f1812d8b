"""Downloading GeoNames' dumps, from a server on the loopback that speaks HTTPS."""

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from test_geonames import ROWS, archive

from geomap.errors import InputError, OutputError
from geomap.gazetteer import GeonamesGazetteer
from geomap.gazetteer.geonames import installed
from geomap.gazetteer_build import build_geonames
from geomap.gazetteer_build.download import BASE_URL, download

CONTENT = bytes(range(256)) * 2000


class Server(ThreadingHTTPServer):
    """Serves `files`; what `behaviour` says happens at each request for a body, in order."""

    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.files = {"UA.zip": CONTENT}
        self.behaviour = []
        self.etag = '"one"'
        self.changed = "Wed, 01 Jan 2025 00:00:00 GMT"
        self.redirects = {}
        self.asked = []

    @property
    def url(self):
        return f"https://localhost:{self.server_port}/dump/"

    def handle_error(self, request, client_address):
        pass  # connections that the tests break off


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        server, name = self.server, self.path.removeprefix("/dump/")
        server.asked.append((self.command, name, self.headers.get("Range")))
        if name in server.redirects:
            return self.reply(302, {"Location": server.redirects[name]})
        if name not in server.files:
            return self.reply(404)
        what = server.behaviour.pop(0) if body and server.behaviour else "well"
        if isinstance(what, tuple):
            return self.reply(what[0], what[1])
        content, start = server.files[name], 0
        headers = {"Last-Modified": server.changed}
        if server.etag:
            headers["ETag"] = server.etag
        status = 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        known = self.headers.get("If-Range") in (server.etag, server.changed)
        if asked and known and what != "whole":
            start, status = int(asked[1]), 206
            shown = 7 if what == "other part" else start
            headers["Content-Range"] = f"bytes {shown}-{len(content) - 1}/{len(content)}"
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        sent = content[start:] + (b"more" if what == "more" else b"")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if body:
            if what == "broken":
                self.wfile.write(sent[: len(sent) // 2])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return None
            self.wfile.write(sent)
        return None

    def reply(self, status, headers=()):
        self.send_response(status)
        for header, value in dict(headers).items():
            self.send_header(header, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    running = Server(context)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    monkeypatch.setenv("NO_PROXY", "localhost")


@pytest.fixture
def fetch(server, trusted, tmp_path):
    def fetch(*names, **how):
        folder = tmp_path / "downloads"
        wanted = names or ("UA.zip",)
        download(wanted, folder, **{"base_url": server.url, "pause": 0.0, "required": wanted} | how)
        return (folder / wanted[0]).read_bytes()

    return fetch


def bodies(server):
    return [wanted for method, _, wanted in server.asked if method == "GET"]


def test_a_file_is_downloaded_whole_with_its_progress(server, fetch):
    steps = []
    assert fetch(progress=lambda *step: steps.append(step)) == CONTENT
    assert steps[-1] == ("UA.zip", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)


def test_sizes_are_told_before_anything_is_fetched(server, fetch):
    server.files["RU.zip"] = CONTENT[:1000]
    steps = []
    fetch("UA.zip", "RU.zip", progress=lambda *step: steps.append((step, len(bodies(server)))))
    assert steps[:2] == [(("UA.zip", 0, len(CONTENT)), 0), (("RU.zip", 0, 1000), 0)]
    steps.clear()
    fetch("UA.zip", progress=lambda *step: steps.append(step))
    assert steps == [("UA.zip", len(CONTENT), len(CONTENT))]  # all of it is here


def test_what_is_there_and_has_not_changed_stays(server, fetch):
    fetch()
    fetch()
    assert bodies(server) == [None]
    server.files["UA.zip"], server.etag = b"new", '"two"'
    assert fetch() == b"new"


def test_what_was_broken_off_is_gone_on_with(server, fetch):
    server.behaviour = ["broken", "broken"]
    assert fetch() == CONTENT
    first, second, third = bodies(server)
    assert first is None
    assert 0 < int(second[6:-1]) < int(third[6:-1]) < len(CONTENT)


def test_the_next_run_goes_on_with_it(server, fetch):
    server.behaviour = ["broken", *[(503, {})] * 5]
    with pytest.raises(InputError, match=r"UA\.zip: the server answers 503 .*--from"):
        fetch()
    assert fetch() == CONTENT
    assert bodies(server)[-1].startswith("bytes=")


def test_two_versions_are_never_joined(server, fetch):
    server.behaviour = ["broken", *[(503, {})] * 5]
    with pytest.raises(InputError):
        fetch()
    server.files["UA.zip"], server.etag = CONTENT[::-1], '"two"'
    assert fetch() == CONTENT[::-1]
    server.etag = 'W/"weak"'  # says nothing of bytes: the time of the change does
    server.behaviour = ["broken"]
    server.files["UA.zip"] = CONTENT
    assert fetch() == CONTENT


@pytest.mark.parametrize("behaviour", ["whole", "other part", "more"])
def test_a_server_that_answers_a_range_otherwise(server, fetch, behaviour):
    server.behaviour = ["broken", behaviour]
    assert fetch() == CONTENT


@pytest.mark.parametrize(
    "passing",
    [(500, {}), (502, {}), (429, {"Retry-After": "0"}), (503, {"Retry-After": "x"}), (416, {})],
)
def test_passing_troubles_pass(server, fetch, passing):
    server.behaviour = [passing, passing]
    assert fetch() == CONTENT


def test_the_server_says_how_long_to_wait(server, fetch, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    server.behaviour = [(429, {"Retry-After": "7"}), (503, {"Retry-After": "99999"}), (500, {})]
    fetch(pause=2.0)
    assert waited == [7.0, 300.0, 8.0]


def test_a_refusal_is_not_asked_again(server, fetch):
    server.behaviour = [(403, {})]
    with pytest.raises(InputError, match="403 Forbidden"):
        fetch()
    assert len(bodies(server)) == 1


def test_a_file_that_is_not_there(server, fetch, tmp_path):
    with pytest.raises(InputError, match=r"RU\.zip: there is no such file"):
        fetch("RU.zip")
    assert fetch("UA.zip", "hierarchy.zip", required=["UA.zip"]) == CONTENT


def test_redirects_stay_on_the_host(server, fetch):
    server.redirects["UA.zip"] = "/dump/moved.zip"
    server.files = {"moved.zip": CONTENT}
    assert fetch() == CONTENT
    for elsewhere in ("https://127.0.0.1/UA.zip", "http://localhost/UA.zip", "//example.org/"):
        server.redirects["UA.zip"] = elsewhere
        with pytest.raises(InputError, match="another host"):
            fetch()
    server.redirects["UA.zip"] = "/dump/UA.zip"
    with pytest.raises(InputError, match="redirects"):
        fetch()


def test_only_https_from_servers_that_can_be_trusted(server, tmp_path, monkeypatch):
    assert BASE_URL.startswith("https://download.geonames.org/")
    with pytest.raises(InputError, match="only https"):
        download(["UA.zip"], tmp_path, base_url="http://localhost/")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(InputError, match="no trust in the server"):
        download(["UA.zip"], tmp_path, base_url=server.url, pause=0.0)
    assert server.asked == []


def test_no_server(trusted, tmp_path):
    with pytest.raises(InputError, match=r"cannot be reached .*--from"):
        download(["UA.zip"], tmp_path, base_url="https://localhost:9/", pause=0.0)


def test_room_is_looked_for_first(server, fetch, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(OutputError, match="1 MB are needed and 0 MB free"):
        fetch()
    assert bodies(server) == []


def test_a_gazetteer_is_built_from_what_was_downloaded(server, trusted, tmp_path, caplog):
    archive(tmp_path / "UA.zip", ROWS)
    server.files = {"UA.zip": (tmp_path / "UA.zip").read_bytes()}
    server.files["admin1CodesASCII.txt"] = b"UA.21\tSumy\tSumy\t692196\n"
    root = tmp_path / "geonames"
    build_geonames(["UA"], root, base_url=server.url, pause=0.0)
    gazetteer = GeonamesGazetteer(installed(root))
    village = gazetteer.lookup("Stara Khata")[0].place
    assert village.admin1_name == "Sumy Oblast"
    days = {"UA.zip": "2025-01-01", "admin1CodesASCII.txt": "2025-01-01"}
    assert gazetteer.info()["sources"] == days
    assert not (root / "downloads").exists()
    assert "hierarchy" not in caplog.text


def test_a_download_that_fails_leaves_only_what_can_be_gone_on_with(server, trusted, tmp_path):
    root = tmp_path / "geonames"
    server.files = {}
    with pytest.raises(InputError, match="no such file"):
        build_geonames(["UA"], root, base_url=server.url, pause=0.0)
    assert list(root.iterdir()) == []
    server.files = {"UA.zip": CONTENT}
    server.behaviour = ["broken", *[(503, {})] * 5]
    with pytest.raises(InputError, match="503"):
        build_geonames(["UA"], root, base_url=server.url, pause=0.0)
    assert (root / "downloads/UA.zip.part").stat().st_size > 0


def test_a_damaged_download_is_kept_out(server, trusted, tmp_path):
    server.files = {"UA.zip": b"no zip"}
    root = tmp_path / "geonames"
    with pytest.raises(InputError, match="no zip"):
        build_geonames(["UA"], root, base_url=server.url, pause=0.0)
    assert list(root.iterdir()) == []  # so that the next build downloads it anew
