"""Numbers that pages fetch: the claim's own, and an error that lists what there is where one is not there."""

from aeutils.claim_records import CLAIM_MIME, as_pairs
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
import pytest

from tests.web import small_book
from web.extensions import measured_numbers

TOC = "format: jb-book\nroot: pages/intro\nchapters: [file: chapters/01_small]\n"
CLAIMS = {
    "PCA beats the mean image": {"": {"PCA-30": 13.87, "mean image": 52.9}},
    "PCA takes fewer bits": {"error": {"PCA": 14.0}, "bits": {"PCA": 960}},
}


def start(folder, text):
    """Make a book with a chapter that has stored these claims, and a page with this text."""
    book = small_book.start(folder / "book", "web.extensions.measured_numbers", TOC)
    about = {"needs": None, "by_construction": False, "holds": True}
    outputs = [
        new_output(
            "display_data",
            data={
                "text/plain": statement,
                CLAIM_MIME: about | {"statement": statement, "numbers": as_pairs(numbers)},
            },
        )
        for statement, numbers in CLAIMS.items()
    ]
    cells = [new_markdown_cell("# Small"), new_code_cell("claims", outputs=outputs)]
    small_book.write_chapter(book / "chapters" / "01_small.ipynb", cells)
    (book / "pages" / "intro.md").write_text(f"# Page\n\n{text}\n")
    return book


def test_a_page_shows_the_number_that_a_claim_has_stored(tmp_path):
    text = (
        "- {claim-number}`01 :: PCA beats :: mean image`\n- {claim-number}`01 :: PCA takes :: bits: PCA`\n\n"
    )
    book = start(tmp_path, text + "```{landmarks}\n```")
    done = small_book.build(book)
    assert done.returncode == 0, done.stderr
    page = (book / "_build" / "html" / "pages" / "intro.html").read_text("utf-8")
    assert "<li><p>52.90</p></li>" in page and "<li><p>960</p></li>" in page
    assert "mean image" in page and "0.693" in page  # of the landmarks


def test_a_number_that_is_not_there_fails_the_build_and_the_message_says_which_are(tmp_path):
    done = small_book.build(start(tmp_path, "{claim-number}`01 :: PCA beats :: PCA-32`"))
    assert done.returncode != 0
    assert "must be called 'PCA-32', got 0: write one of these names" in done.stderr
    assert "- PCA-30" in done.stderr and "- mean image" in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("01", "PCA", "PCA"), ["'PCA', got 2", "- PCA beats the mean image", "- PCA takes fewer bits"]),
        (("01", "Nothing", "PCA"), ["'Nothing', got 0", "- PCA takes fewer", "make execute CHAPTER=01"]),
        (("01", "PCA takes", "PCA"), ["'PCA', got 2", "- error: PCA", "- bits: PCA"]),
    ],
)
def test_what_a_message_lists(monkeypatch, given, said):
    stored = [{"statement": statement, "numbers": numbers} for statement, numbers in CLAIMS.items()]
    monkeypatch.setattr(measured_numbers, "stored_claims", lambda chapter: stored)
    with pytest.raises(ValueError) as caught:
        measured_numbers.claim_number(*given)
    assert [words for words in said if words not in str(caught.value)] == []


def test_an_unknown_chapter_and_a_role_of_another_form(tmp_path):
    with pytest.raises(ValueError, match="has no chapter 99"):
        measured_numbers.claim_number("99", "a", "b")
    done = small_book.build(start(tmp_path, "{claim-number}`PCA-30`"))
    assert done.returncode != 0 and "claim-number must be CHAPTER ::" in done.stderr
