"""The page of the ledger: what is drawn, what is said, and that site and chapters link to each other."""

from dataclasses import replace
from pathlib import Path
import re
import shutil
from xml.etree import ElementTree

from aeutils.claim_records import CLAIM_MIME
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
import pytest

from maintain import ledger
from tests import ROOT
from tests.contents import entries
from tests.maintain.test_ledger import run_of
from tests.web import small_book
from web.extensions import ledger_page, ledger_pictures

SITE = ROOT / "_build" / "html"
SVG = "{http://www.w3.org/2000/svg}"
KINDS = ["sample-tensorflow", "sample-jax"]
NAMES = {"sample-tensorflow": "sample, TensorFlow", "sample-jax": "sample, JAX"}


@pytest.fixture
def page(monkeypatch):
    return ledger_page


@pytest.fixture
def pictures(page):
    return ledger_pictures


def kinds_of(**by_quantity):
    """Return a claim's kinds, whose numbers vary by a tenth, and upwards more in the second kind."""
    return {
        kind: {
            "spread": {
                quantity: {
                    name: {"low": value * 0.9, "median": value, "high": value * (1.1 + i)}
                    for name, value in named.items()
                }
                for quantity, named in by_quantity.items()
            }
        }
        for i, kind in enumerate(KINDS)
    }


ERRORS = {"PCA": 10.0, "mean image": 20.0}


# --- The drawing


def test_each_named_number_that_varies_is_a_row(pictures):
    kinds = kinds_of(error=ERRORS, bits={"PCA": 960.0})
    same = {"low": 32, "median": 32, "high": 32}
    for of_kind in kinds.values():
        of_kind["spread"]["error"]["code size"] = same
        of_kind["spread"]["count"] = {"of ten": same}
    found = pictures.measured(kinds)
    assert {quantity: list(named) for quantity, named in found.items()} == {
        "error": ["PCA", "mean image"],
        "bits": ["PCA"],
    }
    assert found["error"]["PCA"]["sample-jax"] == {"low": 9.0, "median": 10.0, "high": 21.0}


def test_what_never_varies_or_was_not_stored_is_not_drawn(pictures):
    same = {"": {"numbers": {"low": 1568, "median": 1568, "high": 1568}}}
    assert pictures.measured({"sample-jax": {"spread": same}}) == {}
    assert pictures.measured({"sample-jax": {"spread": {}}}) == {}


def test_a_number_that_differs_between_kinds_alone_is_drawn(pictures):
    kinds = {
        kind: {"spread": {"": {"a": {"low": value, "median": value, "high": value}}}}
        for kind, value in zip(KINDS, (1, 2), strict=True)
    }
    assert list(pictures.measured(kinds)[""]["a"]) == KINDS
    del kinds["sample-jax"]["spread"][""]  # as in runs that were made before claims had numbers
    assert pictures.measured(kinds) == {}


def test_lines_and_marks_are_where_the_numbers_are(pictures):
    """Read back from the drawing: both ends and the median of each line, in the units of its axis."""
    found = pictures.measured(kinds_of(error=ERRORS, bits={"PCA": 960.0}))
    svg = ElementTree.fromstring(
        pictures.drawing(found, KINDS, NAMES).replace("<svg", f'<svg xmlns="{SVG[1:-1]}"')
    )
    ends_of_axes = [(9.0, 42.0), (9.0, 42.0), (864.0, 2016.0)]  # of all lines: 10 * 0.9, and 20 * 2.1
    spreads = [spreads for named in found.values() for spreads in named.values()]
    for i, kind in enumerate(KINDS):
        (path,) = [path for path in svg.iter(f"{SVG}path") if path.get("class") == f"k{i}"]
        lines = re.findall(r"M(\d+) \d+H(\d+)M(\d+) \d+m", path.get("d"))
        assert len(lines) == 3
        for (low, high), spread, line in zip(ends_of_axes, spreads, lines, strict=True):
            inside = pictures.WIDTH - 2 * pictures.MARGIN
            values = [low + (float(x) - pictures.MARGIN) * (high - low) / inside for x in line]
            wanted = [spread[kind][n] for n in ("low", "high", "median")]
            assert values == pytest.approx(wanted, abs=0.6 * (high - low) / inside)
    texts = [(text.get("class"), text.text) for text in svg.iter(f"{SVG}text")]
    assert texts == [
        ("q", "error"), (None, "PCA"), (None, "mean image"), ("e", "9.00"), ("e f", "42.00"),
        ("q", "bits"), (None, "PCA"), ("e", "864.00"), ("e f", "2,016"),
    ]  # fmt: skip
    assert svg.find(f"{SVG}title").text == (
        "error, PCA: sample, TensorFlow 10.00 (9.00 to 11.00), sample, JAX 10.00 (9.00 to 21.00); "
        "error, mean image: sample, TensorFlow 20.00 (18.00 to 22.00), sample, JAX 20.00 (18.00 to 42.00); "
        "bits, PCA: sample, TensorFlow 960.00 (864.00 to 1,056), sample, JAX 960.00 (864.00 to 2,016)"
    )


def test_numbers_without_a_quantity_have_no_heading(pictures):
    svg = pictures.drawing(pictures.measured(kinds_of(**{"": ERRORS})), KINDS, NAMES)
    assert 'class="q"' not in svg and ">PCA<" in svg and "<title>PCA: sample" in svg


def test_a_drawing_is_lean_and_its_words_are_escaped(pictures):
    numbers = {"a & b": 1.5, "c": 2.5, "d": 3.5, "e" * 60: 4.5}
    svg = pictures.drawing(pictures.measured(kinds_of(**{"<q>": numbers})), KINDS, NAMES)
    assert len(re.sub("<title>.*</title>", "", svg)) < 1200
    assert "a &amp; b" in svg and "&lt;q&gt;" in svg
    ElementTree.fromstring(svg)


def test_a_long_label_goes_on_in_a_line_of_its_own(pictures):
    label = "points between best and worst, neighbours, pixels"
    svg = pictures.drawing(pictures.measured(kinds_of(**{label: {label + "!": 1.5}})), KINDS, NAMES)
    lines = re.findall(r'<text (class="q" )?y="(\d+)">([^<]*)<', svg)
    assert [(bool(q), line) for q, _, line in lines] == [
        (True, "points between best and worst, neighbours,"), (True, "pixels"),
        (False, "points between best and worst, neighbours,"), (False, "pixels!"),
    ]  # fmt: skip
    assert [int(y) for _, y, _ in lines] == [11 + pictures.LABEL * i for i in range(4)]


def test_names_have_the_order_of_the_full_data(pictures):
    """The runs on the sample come first, and have only some of the names."""
    spreads = {name: {"low": i, "median": i, "high": i + 1} for i, name in enumerate(("8", "16", "32", "64"))}
    some = {name: spreads[name] for name in ("32", "64")}
    kinds = {"sample-jax": {"spread": {"": some}}, "full-tensorflow": {"spread": {"": spreads}}}
    assert list(pictures.measured(kinds)[""]) == list(spreads)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((9.0, 42.0), ("9.00", "42.00")),
        ((0.999689, 0.999999), ("0.9997", "1.000")),
        ((1234.1, 1234.4), ("1,234.1", "1,234.4")),
        ((-1e-9, 0.5), ("0", "0.500")),
        ((-2, 1e-6), ("-2", "0")),
        ((4.9e-8, 2.2e-6), ("4.90e-08", "2.20e-06")),
    ],
)
def test_the_ends_of_an_axis_differ_and_what_is_nothing_beside_the_other_is_0(pictures, ends, words):
    assert pictures.ends_in_words(*ends) == words


def test_no_regular_expression_reads_numbers(page):
    for module in (ledger_page, ledger_pictures, ledger):
        assert "re" not in vars(module)


def test_each_kind_has_a_mark_and_a_colour(page, pictures):
    css = (ROOT / "web" / "static" / "book.css").read_text("utf-8")
    for lane in range(len(page.KINDS)):
        assert pictures.lane_mark(lane).endswith("</svg>")
        assert f".ledger-spread .k{lane} {{" in css and css.count(f"--ledger-{lane}:") == 2


# --- What is said


def claim_of(needs=None, **kinds):
    counts = {name.replace("_", "-"): dict(held=h, judged=j, spread={}) for name, (h, j) in kinds.items()}
    return {"chapter": "03", "statement": "A", "needs": needs, "kinds": counts}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (claim_of(sample_jax=(3, 3), full_tensorflow=(2, 2)), ("✓ held in 5 of 5 runs", False)),
        (claim_of(sample_jax=(2, 3), full_tensorflow=(2, 2)), ("✗ failed in 1 of 5 runs", True)),
        (claim_of(sample_jax=(2, 2), full_tensorflow=(2, 2)), ("✗ not reached in 1 of 5 runs", True)),
        (claim_of(full_tensorflow=(2, 2)), ("✗ not reached in 3 of 5 runs", True)),
        (claim_of("full", sample_jax=(0, 0), full_tensorflow=(2, 2)), ("✓ held in 2 of 2 runs", False)),
        (claim_of("full", sample_jax=(0, 0), full_tensorflow=(1, 2)), ("✗ failed in 1 of 2 runs", True)),
    ],
)
def test_a_verdict_counts_every_run_that_should_have_judged(page, claim, expected):
    runs = [run_of()] * 3 + [run_of(source="full", backend="tensorflow")] * 2 + [run_of(chapter="04")]
    assert page.verdict(claim, runs) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([True, True], "also on clothes, in 2 of 2 runs"),
        ([True, False], "digits only: on clothes it held in 1 of 2 runs"),
        ([None, None], ""),
        ([], ""),
    ],
)
def test_what_became_of_it_on_clothes_is_said_and_does_not_count_against_it(page, held, expected):
    runs = [run_of(x=(True, {}))]
    runs += [run_of(i, "fashion", "tensorflow", x=(holds, {})) for i, holds in enumerate(held)]
    (claim,) = ledger.summary(runs)
    assert page.on_clothes(claim, runs) == expected
    assert page.verdict(claim, runs) == ("✓ held in 1 of 1 runs", False)


def test_seeds_that_came_after_the_wording_are_told_apart(page):
    runs = [run_of(seed, backend="tensorflow", x=(seed != 7, {})) for seed in range(10)]
    (claim,) = ledger.summary(runs)
    assert page.on_fresh_seeds(claim, runs) == "fresh seeds 4/5"
    assert page.on_fresh_seeds(claim, runs[:5]) == ""
    jax = [run_of(seed, x=(True, {})) for seed in range(10)]
    assert page.on_fresh_seeds(claim, jax) == ""


def test_runs_of_earlier_code_are_told_apart(page):
    (claim,) = ledger.summary([run_of(x=(True, {}))])
    earlier = [run_of(seed, stamp="earlier", x=(seed > 0, {}), y=(True, {})) for seed in range(3)]
    assert page.with_earlier_code(claim, earlier) == "with earlier code 2/3"
    assert page.with_earlier_code(claim, [run_of(chapter="04", x=(True, {}))]) == ""


def test_names_of_places_are_made_of_words_and_are_unique(page):
    for path in ROOT.glob("chapters/*.ipynb"):
        statements = page.statements_by_text(path).values()
        names = [page.slug(statement) for statement in statements]
        assert len(set(names)) == len(names), path.name
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_seeds_and_medians_in_words(page):
    assert [page.seeds_in_words(set(s)) for s in ([0, 1, 2], [4], [0, 2])] == ["0 to 2", "4", "0, 2"]
    assert page.median_and_largest([1.0, 4.0, None, 2.0]) == "2.0\u00a0(4.0)"
    assert page.median_and_largest([None]) == page.median_and_largest([]) == "–"


# --- A small book, with a claim that failed, one that needs the full data, and one without a run

TOC = "format: jb-book\nroot: pages/ledger\nchapters: [file: chapters/03_training]\n"
FACTS = {"question": "Does it learn?", "builds_on": [], "prerequisites": "nothing."}
CLAIMS = {
    "A net isn't PCA": None,
    "It needs `all` of it": "full",
    "Without numbers": None,
    "Nobody ran this": None,
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The pages `ledger` and `chapters/03_training` of the small book."""
    folder = tmp_path_factory.mktemp("small") / "book"
    book = small_book.start(folder, "web.extensions.ledger_page", TOC)
    shutil.copy(ROOT / "pages" / "ledger.md", book / "pages")
    outputs = [
        new_output(
            "display_data",
            data={
                "text/plain": f"✓ {statement}",
                "text/markdown": f"✓ **{statement}**",
                CLAIM_MIME: {"statement": statement},
            },
        )
        for statement in CLAIMS
    ]
    cells = [new_markdown_cell("# Training"), new_code_cell("claim()", outputs=outputs)]
    path = book / "chapters" / "03_training.ipynb"
    small_book.write_chapter(path, cells, chapter=FACTS)
    stamp = ledger.chapter_stamp(path)
    runs = []
    for source, backend, seed in [("sample", "jax", 0), ("sample", "jax", 1), ("full", "tensorflow", 0)]:
        about = {"chapter": "03", "source": source, "backend": backend, "seed": seed, "date": "2026-11-24"}
        about |= {"device": "a CPU, 1 cores", "versions": {"a package": "3"}}
        about |= {"minutes": 1.5 + seed, "memory_gb": None}
        holds = {None: seed == 0, "full": True if source == "full" else None}
        claims = [
            {"statement": s, "needs": needs, "by_construction": False, "holds": holds[needs]}
            | {"numbers": {} if s == "Without numbers" else {"": {"a net": seed + 0.5, "PCA": 2.5}}}
            for s, needs in list(CLAIMS.items())[:3]
        ]
        runs.append(ledger.Run(**about, stamp=stamp, errors=[], claims=claims))
    runs[1] = replace(runs[1], carried="2026-11-27")
    runs.append(replace(runs[0], stamp="of other code", seed=2))
    ledger.write(runs, book / "maintain" / "ledger.json")
    done = small_book.build(book)
    assert done.returncode == 0, done.stderr
    html = book / "_build" / "html"
    return [soup(html / f"{name}.html").article for name in ("pages/ledger", "chapters/03_training")]


def test_a_claim_that_failed_is_told_first_and_shown_as_failed(small):
    text = small[0].get_text(" ", strip=True)
    told = "✗ 2 claims failed, or were not reached, in at least one run on digits:"
    assert f"3 claims that were measured, 3 runs of a chapter. {told}" in text
    assert "each claim held" not in text
    assert "1 runs of an earlier state of the chapters are kept until they are made anew" in text
    rows = small[0].select(".ledger-claims > li")
    words = [[p.get_text() for p in row.select("p")] for row in rows]
    assert words[0] == [
        "A net isn’t PCA",
        "✗ failed in 1 of 3 runs",
        "sample: JAX 1/2; full data: TensorFlow 1/1; with earlier code 1/1",
    ]
    assert words[1][0] == "Without numbers" and words[1][-1] == "no numbers"
    assert words[2] == [
        "It needs all of it",
        "✓ held in 1 of 1 runs",
        "not judged on the sample; full data: TensorFlow 1/1",
    ]
    assert rows[2].a.code.get_text() == "all"
    assert rows[0].find(class_="ledger-failed") and not rows[2].find(class_="ledger-failed")
    assert (
        rows[0]
        .svg.title.get_text()
        .startswith("a net: sample, JAX 1.00 (0.500 to 1.50), full data, TensorFlow 0.500")
    )


def test_where_when_and_how_long_it_ran(small, page):
    kinds, minutes, memory = (
        [row.get_text("|", strip=True) for row in t.select("tr")] for t in small[0].select("table")
    )
    assert kinds[1:] == ["sample, JAX|0 to 1|2|3", "full data, TensorFlow|0|1|3"]
    plan = sum(len(seeds) for _, _, seeds in page.PLAN)
    assert "1 of the runs were made with an earlier state of the code and carried over" in small[0].get_text()
    assert f"Of the plan {plan - 3} runs are to be made yet" in small[0].get_text()
    assert minutes[1] == "3. Training|2.0\u00a0(2.5)|1.5\u00a0(1.5)" and memory[1] == "3. Training|–|–"
    assert "Run on 2026-11-24, with a package 3, on: a CPU, 1 core." in small[0].get_text()


def test_claims_without_a_run_have_a_place_and_no_link(small):
    for statement in CLAIMS:
        (output,) = [p for p in small[1].select("p") if "✓" in p.get_text() and statement[:2] in p.get_text()]
        place = output.find(id=re.compile("^claim-"))
        links = [a["href"] for a in output.select(".ledger-link a")]
        known = statement != "Nobody ran this"
        row = f"claim-03-{place['id'].removeprefix('claim-')}" if place else None
        assert links == [f"../pages/ledger.html#{row}"] * known
        assert ("failed in 1 of 3 runs" in output.get_text()) == (known and CLAIMS[statement] is None)


# --- The site


def soup(path):
    assert path.is_file(), f"{path} is missing: make book"
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def built():
    return soup(SITE / "pages" / "ledger.html")


@pytest.mark.parametrize("entry", entries(".ipynb"))
def test_a_chapter_s_claims_and_their_rows_link_to_each_other(built, entry, page):
    chapter = soup(SITE / f"{entry}.html")
    number = Path(entry).name[:2]
    known = [claim["statement"] for claim in page.summed_claims() if claim["chapter"] == number]
    statements = list(page.statements_by_text(ROOT / f"{entry}.ipynb").values())
    assert statements
    for statement in statements:
        slug = page.slug(statement)
        place = chapter.find(id=f"claim-{slug}")
        assert place and place.parent.get_text().lstrip()[0] in "✓–", statement
        links = [a["href"] for a in place.parent.select(".ledger-link a")]
        assert links == [f"../pages/ledger.html#claim-{number}-{slug}"] * (statement in known)
        row = built.find(id=f"claim-{number}-{slug}")
        assert bool(row) == (statement in known)
        assert not row or row.parent.a["href"] == f"../{entry}.html#claim-{slug}"


def test_every_claim_of_the_ledger_is_on_the_page_and_failures_are_told_first(built, page):
    claims, runs = page.summed_claims(), page.current_runs()
    pages = {Path(entry).name[:2] for entry in entries(".ipynb")}
    rows = built.select(".ledger-claims > li")
    assert len(rows) == sum(claim["chapter"] in pages for claim in claims)
    failed = [claim for claim in claims if page.verdict(claim, runs)[1]]
    left = ledger.missing_keys(runs, page.stamps())
    assert (f"Of the plan {len(left)} runs" in built.get_text()) == bool(left)
    told = built.select("article .ledger-failed")
    assert len(told) == len(failed) + bool(failed)
    assert not failed or told[0].get_text().startswith(f"✗ {len(failed)} claim")
    for row in rows:
        svg = row.find("svg")
        assert not svg or (svg["role"] == "img" and len(svg.title.get_text()) > 10)
        assert row.find(class_="ledger-held") or row.find(class_="ledger-failed")
