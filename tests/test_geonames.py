"""GeoNames whole: built from dumps in its format, damaged ones included, and asked."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap import Geoparser, cli
from geomap import settings as geomap_settings
from geomap.errors import GazetteerError, InputError, OutputError, UsageError
from geomap.gazetteer import CombinedGazetteer, GeonamesGazetteer, default, embedded
from geomap.gazetteer.geonames import installed
from geomap.gazetteer_build import build_geonames
from geomap.gazetteer_build.rows import Plan, fold_all, read_places
from geomap.gazetteer_build.tables import Chunk, Report, main_table, names_table
from geomap.names import fold

REAL = Path(__file__).parents[2] / "shared" / "geonames"
NOVENKES = {"geonames:805767": "21", "geonames:815653": "02", "geonames:7040129": "11"}


def row(number, name, latitude=50.0, longitude=35.0, what="P.PPL", admin="21.5908", **more):
    feature_class, code = what.split(".")
    admin1, _, admin2 = admin.partition(".")
    fields = [
        str(number), name, name, more.get("alternates", ""), str(latitude), str(longitude),
        feature_class, code, more.get("country", "UA"), "", admin1, admin2, "", "",
        str(more.get("population", 0)), "", "100", "Europe/Kyiv", "2025-01-01",
    ]  # fmt: skip
    return "\t".join(fields)


ROWS = [
    row(690791, "Ukraine", 49, 32, "A.PCLI", "00", population=44622516),
    row(692196, "Sumy Oblast", 51, 34, "A.ADM1", "21", population=1035772, alternates="Сумщина"),
    row(12345678, "Novyi Raion", 51, 34, "A.ADM2"),
    row(692194, "Sumy", 50.9216, 34.80029, "P.PPLA", population=256474, alternates="Sumi,Суми"),
    row(1001, "Vodianyi Yar", 51.1, 34.9, alternates="Водяний Яр,Vodjanij Jar,IEV,(junk)"),
    row(1002, "Vodianyi Yar", 51.5, 33.9, "H.STM"),
    row(1003, "Black Sea", 43, 34, "H.SEA", ""),
    row(1004, "Stara Khata", 51.2, 34.95),
]
ALTERNATES = [
    (1, 1001, "uk", "Водяний Яр", "1", "", "", ""),
    (2, 1001, "ru", "Водяной Яр", "", "", "", ""),
    (3, 1001, "de", "Alt-Wasserthal", "", "", "", "1"),
    (4, 1001, "", "The Gully", "", "", "1", ""),
    (5, 1001, "en", "Vodianyi Yar", "", "", "", ""),
    (6, 1001, "link", "https://example.org/Yar", "", "", "", ""),
    (7, 1001, "abbr", "VYR.", "", "", "", ""),
    (8, 999999, "en", "Elsewhere", "", "", "", ""),
]


def archive(path, rows, member=None):
    text = rows if isinstance(rows, bytes) else ("\n".join(rows) + "\n").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member or f"{path.stem}.txt", text)


def alternates(path, rows=ALTERNATES):
    archive(path, ["\t".join(map(str, (*fields, "", ""))) for fields in rows])


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    archive(folder / "UA.zip", ROWS)
    return folder


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data" / "geonames"


def build(source, root, countries=("UA",)):
    build_geonames(countries, root, source=source)
    return GeonamesGazetteer(installed(root))


def answers(gazetteer, name, **how):
    return [candidate.place.id for candidate in gazetteer.lookup(name, **how)]


# What is built


def test_places_are_found_by_every_name(source, root):
    gazetteer = build(source, root)
    assert len(gazetteer) == len(ROWS)
    assert answers(gazetteer, "Водяний Яр") == ["geonames:1001"]
    village = gazetteer.lookup("VODIANYI YAR")[0].place
    assert (village.name, village.latitude, village.longitude) == ("Vodianyi Yar", 51.1, 34.9)
    assert (village.country_code, village.admin1_code, village.admin2_code) == ("UA", "21", "5908")
    assert (village.kind, village.feature_code, village.source) == ("settlement", "PPL", "geonames")
    assert village.admin1_name is None  # no admin1CodesASCII.txt, no name
    assert answers(gazetteer, "Vodianyi Yar", kind="natural") == ["geonames:1002"]
    for junk in ("IEV", "(junk)", "Nowhere"):
        assert answers(gazetteer, junk) == []
    assert "sumi" in gazetteer.prefixes("sumi on the river")
    assert gazetteer.names(["geonames:1001", "admin1:UA.21", "geonames:692196", "geonames:4"]) == {
        "geonames:1001": ["vodianyi yar", "vodjanij jar", "водянии яр"],
        "admin1:UA.21": ["sumy oblast", "сумщина"],
        "geonames:692196": ["sumy oblast", "сумщина"],
        "geonames:4": [],
    }


def test_regions_have_geomap_s_ids_and_are_found_by_geonames_too(source, root):
    (source / "admin1CodesASCII.txt").write_text("UA.21\tSumy\tSumy\t692196\n", "utf-8")
    (source / "admin2Codes.txt").write_text("UA.21.5908\tNew Raion\tNew Raion\t12345678\n", "utf-8")
    gazetteer = build(source, root)
    sumy = gazetteer.place("admin1:UA.21")
    assert (sumy.id, sumy.name, sumy.admin1_name) == ("admin1:UA.21", "Sumy Oblast", "Sumy Oblast")
    assert gazetteer.place("geonames:692196") == sumy
    assert answers(gazetteer, "Sumy") == ["geonames:692194", "admin1:UA.21"]
    assert answers(gazetteer, "New Raion") == ["admin2:UA.21.5908"]


def test_alternate_names_keep_language_and_flags(source, root):
    alternates(source / "alternateNamesV2.zip")
    gazetteer = build(source, root)
    found = {name: gazetteer.lookup(name) for _, _, _, name, *_ in ALTERNATES}
    said = {n: (f[0].name_type, f[0].language, f[0].colloquial) for n, f in found.items() if f}
    assert said == {
        "Водяний Яр": ("variant", "uk", False),
        "Водяной Яр": ("variant", "ru", False),
        "Alt-Wasserthal": ("historical", "de", False),
        "The Gully": ("variant", None, True),
        "Vodianyi Yar": ("canonical", "en", False),
        "VYR.": ("abbreviation", None, False),
    }
    assert answers(gazetteer, "vyr.") == []
    assert answers(gazetteer, "Sumi") == []  # that table says it all, and has none of Sumy's


def test_countries_are_taken_from_the_whole_where_their_own_file_is_missing(source, root):
    archive(source / "allCountries.zip", [*ROWS, row(7, "Elsewhere", country="RU")])
    (source / "UA.zip").unlink()
    assert len(build(source, root)) == len(ROWS)
    assert len(build(source, root, None)) == len(ROWS) + 1


def test_what_is_missing_is_said(source, root, caplog):
    build(source, root)
    assert {record.getMessage().split()[0] for record in caplog.records} == {
        "alternateNamesV2.zip", "admin1CodesASCII.txt", "admin2Codes.txt", "countryInfo.txt",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"no RU\.zip in"):
        build_geonames(["RU"], root, source=source)


@pytest.mark.parametrize("countries", [["XX"], ["U"], ["../UA"], []])
def test_a_country_that_is_none(root, countries):
    with pytest.raises(UsageError):
        build_geonames(countries, root)


def test_several_processes_give_the_same(source, root, tmp_path, monkeypatch):
    from geomap.gazetteer_build import geonames

    archive(
        source / "UA.zip", [row(i, f"Place {i % 50} {'abcdefgh'[i % 8]}") for i in range(1, 3000)]
    )
    alone = build(source, root)
    monkeypatch.setattr(geonames, "_ALONE", 0)
    monkeypatch.setattr(geonames, "_SHARD_BYTES", 20_000)
    several = build(source, tmp_path / "other")
    assert len(several._names) > 5
    for name in ("Place 7 h", "place 12 e", "Place 50"):
        assert answers(several, name, limit=100) == answers(alone, name, limit=100)
    assert list(several.prefixes("place 7 h is")) == ["place 7 h"]


def test_an_id_is_there_once(source, root):
    archive(source / "UA.zip", [row(5, "Twice"), row(5, "Twice")])
    gazetteer = build(source, root)
    assert answers(gazetteer, "Twice") == ["geonames:5"]
    assert len(gazetteer) == 1


# Damage


def many(*bad):
    return [*(row(number, f"Place {number}") for number in range(1, 1000)), *bad]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("1\tshort", "2 columns, not 19"),
        (row(5, "x") + "\tmore", "20 columns, not 19"),
        (row("five", "x"), "invalid literal"),
        (row(5, "x", latitude=91), "coordinates 91, 35.0 are out of range"),
        (row(5, "x", longitude="nan"), "coordinates 50.0, nan are out of range"),
        (row(5, "x", what="Q.PPL"), "feature class 'Q'"),
        (row(5, ""), "no name"),
        (row(5, "x", population=-1), "population that cannot be"),
        (row(5, "x").encode().replace(b"x", b"\xff"), "not UTF-8"),
    ],
)
def test_a_damaged_row_is_named_and_the_others_are_kept(source, root, caplog, bad, what):
    text = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in many(bad))
    archive(source / "UA.zip", text)
    assert len(build(source, root)) == 999
    said = [r.getMessage() for r in caplog.records if "left out" in r.getMessage()]
    assert len(said) == 1
    assert what in said[0]
    assert "UA.zip, line 1000" in said[0]


def test_many_damaged_rows_are_an_error(source, root):
    archive(source / "UA.zip", many(*["bad"] * 11))
    with pytest.raises(InputError, match=r"UA\.zip: 11 of 1,010 rows .* line 1000: 1 columns"):
        build_geonames(["UA"], root, source=source)
    assert installed(root) is None
    assert list(root.iterdir()) == []


def test_damaged_alternate_names_and_tables(source, root):
    alternates(source / "alternateNamesV2.zip", [(1, 1001, "uk")] * 3)
    with pytest.raises(InputError, match=r"alternateNamesV2\.zip: 3 of 3 rows"):
        build_geonames(["UA"], root, source=source)
    (source / "alternateNamesV2.zip").unlink()
    (source / "admin1CodesASCII.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"admin1CodesASCII\.txt"):
        build_geonames(["UA"], root, source=source)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-30])


def altered(path):
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(bytes(content))


def bomb(path):
    archive(path, b"0" * 5_000_000)


def climbing(path):
    archive(path, ROWS)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("../../UA.txt", "x")


def endless_line(path):
    archive(path, os.urandom(3_000_000).replace(b"\n", b"x"))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (truncated, "truncated"),
        (altered, "damaged"),
        (bomb, "zip bomb"),
        (climbing, r"'\.\./\.\./UA\.txt'"),
        (endless_line, "1 MiB"),
        (lambda path: archive(path, ROWS, "other.txt"), r"no UA\.txt in it"),
        (lambda path: path.write_bytes(b""), "no zip archive"),
        (lambda path: archive(path, b""), "no place in there"),
    ],
)
def test_a_damaged_archive_is_named_and_leaves_the_old_gazetteer(source, root, damage, what):
    build(source, root)
    damage(source / "UA.zip")
    with pytest.raises(InputError, match=what) as caught:
        build_geonames(["UA"], root, source=source)
    assert "UA.zip" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert answers(GeonamesGazetteer(installed(root)), "Stara Khata") == ["geonames:1004"]
    assert len(list(root.glob("building-*"))) == 0


@settings(max_examples=60)
@given(st.binary(max_size=400), st.integers(0, len(ROWS)))
def test_no_bytes_break_the_reader(tmp_path_factory, junk, at):
    folder = tmp_path_factory.mktemp("chunk")
    lines = [line.encode() for line in ROWS]
    text = b"\n".join([*lines[:at], junk, *lines[at:]])
    report = read_places(Plan(folder, 1), Chunk(text, "UA.zip", 1, 0))
    assert report.rows - report.bad >= len(ROWS)


@pytest.mark.parametrize("damage", ["", "bad", row(9, "x", latitude=91), "\udcff"])
def test_a_sound_row_is_read_the_same_beside_a_damaged_one(damage):
    sound = [
        row(8, 'Quote "Here'),
        row("05", "Zero"),
        row(6, "Crowd", population=2**40),
        row(4, "Nought", latitude="1e1", longitude="-.5"),
        row(3, "Spaced", latitude=" 4 ") + "\r",
        "",
    ]
    text = "\n".join([*sound, damage]).encode(errors="surrogateescape")
    report = Report()
    table = main_table(Chunk(text, "UA.zip", 1, 0), frozenset(), report)
    assert table["number"].to_pylist() == [8, 5, 6, 4, 3]
    assert table["name"][0].as_py() == 'Quote "Here'
    assert table["latitude"].to_pylist()[-2:] == [10, 4]
    assert (report.rows, report.bad) == (5 + bool(damage), bool(damage))


def test_a_row_ends_at_a_line_feed_only():
    report = Report()
    table = main_table(Chunk(row(7, "One\rTwo").encode(), "UA.zip", 1, 0), frozenset(), report)
    assert table["name"].to_pylist() == ["One Two"]
    assert (report.rows, report.bad) == (1, 0)


def test_damaged_rows_of_other_countries_are_none_of_ours():
    text = "\n".join(
        [row(1, "A", country="RU", latitude=99), row(2, "B"), row(3, "C", country="RU")]
    )
    report = Report()
    table = main_table(Chunk(text.encode(), "all.zip", 1, 0), frozenset(["UA"]), report)
    assert table["number"].to_pylist() == [2]
    assert (report.rows, report.bad) == (1, 0)


def test_alternate_names_may_have_eight_columns():
    rows = ["\t".join(map(str, fields)) for fields in ALTERNATES]
    report = Report()
    table = names_table(Chunk("\n".join(rows).encode(), "names.zip", 1, 0), report)
    assert table["name"].to_pylist() == [fields[3] for fields in ALTERNATES]
    assert (report.rows, report.bad) == (len(ALTERNATES), 0)


@given(st.lists(st.text().filter(lambda name: "\n" not in name)))
def test_names_fold_together_as_one_by_one(names):
    assert fold_all(names) == [fold(name) for name in names]


def test_no_room(source, root, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(OutputError, match=r"are needed and 0 MB free .*GEOMAP_DATA"):
        build_geonames(["UA"], root, source=source)


def test_a_folder_that_cannot_be_written(source, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        build_geonames(["UA"], tmp_path / "file" / "geonames", source=source)


def test_a_build_that_is_killed_leaves_the_old_gazetteer(source, root):
    build(source, root)
    archive(source / "UA.zip", [row(i, f"Place {i}") for i in range(1, 40_000)])
    code = (
        "import sys; from pathlib import Path; from geomap.gazetteer_build import build_geonames;"
        "print('go', flush=True);"
        "build_geonames(['UA'], Path(sys.argv[1]), source=Path(sys.argv[2]))"
    )
    for wait in (0.0, 0.1, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(root), str(source)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        gazetteer = GeonamesGazetteer(installed(root))
        assert len(gazetteer) in (len(ROWS), 39_999)
    left = time.time() - 2 * 86_400
    for folder in root.glob("building-*"):
        os.utime(folder, (left, left))
    assert len(build(source, root)) == 39_999
    assert len(list(root.iterdir())) == 2  # the pointer and the one version


# The files that were written


def test_a_version_replaces_the_one_before(source, root):
    old = build(source, root)
    archive(source / "UA.zip", [row(1, "Newton")])
    new = build(source, root)
    assert answers(new, "Newton") == ["geonames:1"]
    assert answers(old, "Stara Khata") == ["geonames:1004"]  # what is open stays so
    assert len(list(root.iterdir())) == 2


@pytest.mark.parametrize(
    "name", ["manifest.json", "places.bin", "texts.bin", "postings.bin", "names-00.marisa"]
)
def test_a_missing_or_truncated_file(source, root, name):
    build(source, root)
    path = installed(root) / name
    whole = path.read_bytes()
    for content in (whole[:-1], b"", None):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(GazetteerError, match=rf"{name}.*geomap gazetteer build"):
            GeonamesGazetteer(installed(root))


@pytest.mark.parametrize("content", [b"", b"../../etc", b"\xff", b"a" * 100])
def test_a_damaged_pointer(source, root, content):
    root.mkdir(parents=True)
    (root / "current").write_bytes(content)
    with pytest.raises(GazetteerError, match="current"):
        installed(root)
    assert len(build(source, root)) == len(ROWS)


def test_another_format(source, root):
    build(source, root)
    path = installed(root) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format": 9}), "utf-8")
    with pytest.raises(GazetteerError, match="has format 9, geomap needs 1"):
        GeonamesGazetteer(installed(root))


# Beside the embedded gazetteer


@pytest.fixture
def both(source, root):
    return CombinedGazetteer(embedded(), build(source, root))


def test_each_place_is_there_once(both):
    for name in ("Sumy", "Ukraine", "Sumy Oblast", "Black Sea"):
        found = answers(both, name, limit=50)
        assert len(found) == len(set(found))
        assert found[0] == answers(embedded(), name)[0]
    assert answers(both, "Black Sea", kind="natural") == ["geomap:black-sea"]
    assert answers(both, "Vodianyi Yar")[0] == "geonames:1001"


def test_the_richer_record_wins(both):
    sumy = both.lookup("Sumy", kind="settlement")[0].place
    assert (sumy.feature_code, sumy.admin2_code, sumy.admin1_name) == ("PPLA", "5908", None)
    oblast = both.place("admin1:UA.21")
    assert oblast == embedded().place("admin1:UA.21")
    assert both.place("geonames:692196") == oblast
    assert both.place("geonames:1004").name == "Stara Khata"
    assert both.place("geonames:4") is None


def test_both_can_be_asked_like_one(both):
    assert "Stara Khata" in both
    assert "Paris" in both
    assert "Qwxyzzy" not in both
    assert both.prefixes("stara khata")[-1] == "stara khata"
    assert both.country_name("FR") == "France"
    assert both.near(50.9216, 34.80029, 10, 1)[0].name == "Sumy"
    names = both.names(["geonames:1004", "geonames:692194"])
    assert names["geonames:1004"] == ["stara khata"]
    assert names["geonames:692194"][0] == "sumy"
    assert {"sumi", "сумы"} <= set(names["geonames:692194"])
    assert [c.place.id for c in both.similar("Stara Kata", 1)] == ["geonames:1004"]
    assert answers(pickle.loads(pickle.dumps(both)), "Stara Khata") == ["geonames:1004"]
    scores = [candidate.score for candidate in both.lookup("Sumy", limit=50)]
    assert scores == sorted(scores, reverse=True)
    assert len(both.lookup("Sumy", limit=2)) == 2


def test_what_was_built_is_used(source, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(geomap_settings, "USER_DATA", tmp_path / "mine")
    default.cache_clear()
    try:
        assert default() is embedded()
        assert cli.main(["gazetteer", "build", "--countries", "ua", "--from", str(source)]) == 0
        assert "settlement  3" in capsys.readouterr().out
        assert answers(default(), "Stara Khata") == ["geonames:1004"]
        assert cli.main(["lookup", "Stara Khata", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["place"]["id"] == "geonames:1004"
        assert cli.main(["lookup", "Stara Khata", "--country", "Ukraine"]) == 2
        assert "'Ukraine' is no country's code" in capsys.readouterr().err
        assert cli.main(["lookup", "Stara Khata", "--country", "ua"]) == 0
        assert "geonames:1004" in capsys.readouterr().out
        assert cli.main(["gazetteer", "info"]) == 0
        assert "GeoNames gazetteer" in capsys.readouterr().out
        assert cli.main(["gazetteer", "info", "--countries", "--json"]) == 0
        about = json.loads(capsys.readouterr().out)
        assert about["GeoNames"]["counts"]["places"] == len(ROWS)
        ours = about["embedded"]["kinds_by_country"]
        assert ours["UA"]["country"] == 1
        for kind, count in about["embedded"]["counts"].items():
            if kind not in ("places", "names"):
                assert sum(of_kind[kind] for of_kind in ours.values()) == count
        assert cli.main(["gazetteer", "info", "--countries"]) == 0
        assert "Zimbabwe" in capsys.readouterr().out
    finally:
        monkeypatch.undo()
        default.cache_clear()


# The real thing


@pytest.fixture(scope="module")
def ukraine(tmp_path_factory):
    if not (REAL / "UA.zip").exists():
        pytest.skip("GeoNames' files are not beside the checkout, in ../shared/geonames")
    root = tmp_path_factory.mktemp("ukraine")
    build_geonames(["UA"], root, source=REAL)
    return CombinedGazetteer(embedded(), GeonamesGazetteer(installed(root)))


@pytest.mark.parametrize("name", ["Novenke", "Noven'ke", "Новеньке"])
def test_all_three_novenkes_are_candidates(ukraine, name):
    found = {c.place.id: c.place.admin1_code for c in ukraine.lookup(name)}
    assert found == NOVENKES


def test_the_seed_article_still_gets_the_one_in_sumy_oblast(ukraine):
    from geomap import articles

    seeds = Path(__file__).parents[1] / "seeds"
    parsed = [Geoparser(gazetteer=ukraine).parse(article) for article in articles.read([seeds])]
    places = [
        resolution.place.id if resolution.place else None
        for article in parsed
        for resolution in article.resolutions
        if resolution.toponym.text.replace("’", "'") in ("Noven'ke", "Novenke")
    ]
    assert places
    assert set(places) == {"geonames:805767"}


def test_ukraine_is_whole(ukraine):
    counts = ukraine.geonames.info()["counts"]
    assert counts["places"] == 45_086
    assert counts["settlement"] == 33_681
    assert ukraine.geonames.place("admin1:UA.21").name == "Sumy Oblast"
