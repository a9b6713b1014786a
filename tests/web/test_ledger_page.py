"""The page of the ledger: what is drawn, what is said, and that site and chapters link to each other."""

from dataclasses import replace
from pathlib import Path
import re
import shutil
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
import pytest

from maintain import CLAIM_MIME, ledger
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


@pytest.fixture
def drawn(page, pictures):
    """A function that returns the rows of a wording, whose numbers vary by kind as they are told to."""

    def rows(wording, *varying):
        count = len(page.NUMBER.findall(wording))
        values = [float(n.replace(",", "")) for n in page.NUMBER.findall(wording)]
        kinds = {}
        for i, kind in enumerate(KINDS):
            numbers = [{"low": v, "median": v, "high": v} for v in values]
            for j in varying or range(count):
                numbers[j] = {"low": values[j] * 0.9, "median": values[j], "high": values[j] * (1.1 + i)}
            kinds[kind] = {"numbers": numbers}
        return pictures.measured_rows(wording, kinds, page.NUMBER)

    return rows


# --- The drawing


@pytest.mark.parametrize(
    ("wording", "varying", "labels"),
    [
        ("12.10 < 13.75 < 53.46", (), ["12.10", "13.75", "53.46"]),
        ("12.10 < 13.75 < 53.46", (0,), ["12.10", "13.75", "53.46"]),  # measured, if without spread
        ("2: 1.13 times, 4: 1.28 times", (1, 3), ["2: 1.13 times", "4: 1.28 times"]),
        ("dense 15.57, convolutional 13.51", (), ["dense 15.57", "convolutional 13.51"]),
        ("to 54% at best", (), ["54% at best"]),
        ("42% and 0%; far apart 0.0%", (0,), ["42%", "0%", "far apart 0.0%"]),
        ("0.045 to 0.187 in all", (), ["0.045", "0.187 in all"]),
        ("32 numbers: 16.2", (1,), ["32 numbers: 16.2"]),
        ("largest difference 4.9e-08", (), ["largest difference 4.9e-08"]),
    ],
)
def test_each_measured_number_is_a_row_in_its_words(drawn, wording, varying, labels):
    assert [row["label"] for row in drawn(wording, *varying)] == labels


def test_numbers_that_never_vary_are_not_drawn(pictures, page):
    same = [{"low": 1568, "median": 1568, "high": 1568}]
    assert pictures.measured_rows("1568", {"sample-jax": {"numbers": same}}, page.NUMBER) == []
    assert pictures.measured_rows("none", {"sample-jax": {"numbers": []}}, page.NUMBER) == []


def test_wordings_that_differ_in_their_numbers_are_not_drawn(pictures, page):
    numbers = [{"low": 1, "median": 2, "high": 3}]
    kinds = {"sample-jax": {"numbers": numbers * 2}, "sample-tensorflow": {"numbers": numbers}}
    assert pictures.measured_rows("1.5 < 2.5", kinds, page.NUMBER) == []
    kinds["sample-tensorflow"]["numbers"] = []  # whose own runs are not worded alike
    assert [list(row["spread"]) for row in pictures.measured_rows("1.5 < 2.5", kinds, page.NUMBER)] == [
        ["sample-jax"],
        ["sample-jax"],
    ]


@pytest.mark.parametrize(
    ("wording", "axes"),
    [
        ("12.10 < 13.75 < 53.46", [3]),
        ("dense 15.57, convolutional 13.51, recurrent 35.93", [3]),
        ("36.9 against 44.3, 55% against 42%", [2, 2]),
        ("45.21 against 53.46, and 0.811 against 0.266", [2, 2]),
        ("4.53 and 16.65, best epoch 26", [2, 1]),
        ("PCA 0.63 against 0.81; t-SNE 0.78 against 0.98", [4]),
    ],
)
def test_numbers_share_an_axis_where_they_can_be_compared(drawn, pictures, wording, axes):
    assert [len(axis) for axis in pictures.axes(drawn(wording))] == axes


def test_lines_and_marks_are_where_the_numbers_are(drawn, pictures):
    """Read back from the drawing: both ends and the median of each line, in the units of its axis."""
    found = drawn("10.0 < 20.0")
    svg = ElementTree.fromstring(
        pictures.drawing(found, KINDS, NAMES).replace("<svg", f'<svg xmlns="{SVG[1:-1]}"')
    )
    low, high = 9.0, 42.0  # of all lines: 10 * 0.9, and 20 * 2.1
    for i, kind in enumerate(KINDS):
        (path,) = [path for path in svg.iter(f"{SVG}path") if path.get("class") == f"k{i}"]
        lines = re.findall(r"M(\d+) \d+H(\d+)M(\d+) \d+m", path.get("d"))
        assert len(lines) == 2
        for row, line in zip(found, lines, strict=True):
            inside = pictures.WIDTH - 2 * pictures.MARGIN
            values = [low + (float(x) - pictures.MARGIN) * (high - low) / inside for x in line]
            spread = row["spread"][kind]
            assert values == pytest.approx([spread[n] for n in ("low", "high", "median")], abs=0.06)
    ends = [text.text for text in svg.iter(f"{SVG}text") if "e" in text.get("class", "")]
    assert ends == ["9.0", "42.0"]
    assert svg.find(f"{SVG}title").text == (
        "10.0: sample, TensorFlow 10.0 (9.0 to 11.0), sample, JAX 10.0 (9.0 to 21.0); "
        "20.0: sample, TensorFlow 20.0 (18.0 to 22.0), sample, JAX 20.0 (18.0 to 42.0)"
    )


@pytest.mark.parametrize(
    ("value", "token", "expected"),
    [
        (12.345, "12.10", "12.35"),
        (26.0, "26", "26"),
        (26.5, "26", "26.5"),
        (209968.0, "209,968", "209,968"),
        (4.94e-8, "4.9e-08", "4.9e-08"),
        (3e-7, "2e-07", "3e-07"),
    ],
)
def test_values_have_the_digits_of_the_wording(pictures, value, token, expected):
    assert pictures.value_in_words(value, token) == expected


def test_a_drawing_is_lean_and_its_words_are_escaped(drawn, pictures):
    svg = pictures.drawing(drawn("a & b 1.5 < 2.5 < 3.5 < 4.5"), KINDS, NAMES)
    assert len(re.sub("<title>.*</title>", "", svg)) < 1000
    assert "a &amp; b 1.5" in svg
    ElementTree.fromstring(svg)


# --- What is said


def claim_of(needs=None, **kinds):
    counts = {name.replace("_", "-"): dict(held=h, judged=j, numbers=[]) for name, (h, j) in kinds.items()}
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


def test_names_of_places_are_made_of_words_and_are_unique(page):
    for path in ROOT.glob("chapters/*.ipynb"):
        statements = page.statements_by_text(path).values()
        names = [page.slug(statement) for statement in statements]
        assert len(set(names)) == len(names), path.name
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_seeds_and_medians_in_words(page):
    assert [page.seeds_in_words(set(s)) for s in ([0, 1, 2], [4], [0, 2])] == ["0 to 2", "4", "0, 2"]
    assert page.median_and_largest([1.0, 4.0, None, 2.0]) == "2.0 (4.0)"
    assert page.median_and_largest([None]) == page.median_and_largest([]) == "–"


# --- A small book, with a claim that failed, one that needs the full data, and one without a run

TOC = "format: jb-book\nroot: pages/ledger\nchapters: [file: chapters/03_training]\n"
FACTS = {"question": "Does it learn?", "builds_on": [], "prerequisites": "nothing."}
CLAIMS = {"A net isn't PCA": None, "It needs `all` of it": "full", "Nobody ran this": None}


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
        about |= {"device": "a CPU", "versions": {"a package": "3"}, "minutes": 1.5 + seed, "memory_gb": None}
        holds = {None: seed == 0, "full": True if source == "full" else None}
        claims = [
            {"statement": s, "needs": needs, "holds": holds[needs], "detail": f"{seed + 0.5} < 2.5"}
            for s, needs in list(CLAIMS.items())[:2]
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
    assert "2 claims, 3 runs of a chapter. ✗ 1 claim failed, or was not reached, in at least one run:" in text
    assert "Each claim held" not in text
    rows = small[0].select(".ledger-claims > li")
    words = [[p.get_text() for p in row.select("p")] for row in rows]
    assert words[0] == [
        "A net isn’t PCA", "✗ failed in 1 of 3 runs", "sample: JAX 1/2; full data: TensorFlow 1/1",
    ]  # fmt: skip
    assert words[1] == [
        "It needs `all` of it",
        "✓ held in 1 of 1 runs",
        "not judged on the sample; full data: TensorFlow 1/1",
    ]
    assert rows[0].find(class_="ledger-failed") and not rows[1].find(class_="ledger-failed")
    assert (
        rows[0]
        .svg.title.get_text()
        .startswith("0.5: sample, JAX 1.0 (0.5 to 1.5), full data, TensorFlow 0.5")
    )


def test_where_when_and_how_long_it_ran(small, page):
    kinds, minutes, memory = (
        [row.get_text("|", strip=True) for row in t.select("tr")] for t in small[0].select("table")
    )
    assert kinds[1:] == ["sample, JAX|0 to 1|2|3", "full data, TensorFlow|0|1|3"]
    plan = sum(len(seeds) for _, _, seeds in page.PLAN)
    assert "1 of them were made with an earlier state of the code and carried over" in small[0].get_text()
    assert f"Of the plan {plan - 3} runs are to be made yet" in small[0].get_text()
    assert minutes[1] == "3. Training|2.0 (2.5)|1.5 (1.5)" and memory[1] == "3. Training|–|–"
    assert "Run on 2026-11-24, with a package 3, on: a CPU." in small[0].get_text()


def test_claims_without_a_run_have_a_place_and_no_link(small):
    for statement in CLAIMS:
        (output,) = [p for p in small[1].select("p") if "✓" in p.get_text() and statement[:2] in p.get_text()]
        place = output.find(id=re.compile("^claim-"))
        links = [a["href"] for a in output.select(".ledger-link a")]
        known = statement != "Nobody ran this"
        row = f"claim-03-{place['id'].removeprefix('claim-')}" if place else None
        assert links == [f"../pages/ledger.html#{row}"] * known
        assert ("failed in 1 of 3 runs" in output.get_text()) == (statement == "A net isn't PCA")


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
