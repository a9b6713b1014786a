"""The living figures in a browser: they draw what the chapters computed, by mouse, touch and keyboard."""

import contextlib
import itertools
import re

import numpy as np
import pytest

from tests.web.browsing import opened, show

LEVELS = """canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, 28, 28).data;
  return Array.from({length: 784}, (_, p) => data[4 * p]);
}"""


@pytest.fixture
def figure(browser, base):
    """Open a page and give its living figure, the page, and what went wrong."""
    with opened(browser, base, has_touch=True) as (page, problems):

        def find(address, name="latent_explorer"):
            show(page, f"{base}{address}.html")
            found = page.locator(f"[data-living={name}] .living-figure")
            assert found.count() == 1
            found.scroll_into_view_if_needed()
            return found, page

        yield find
        assert problems == []


def checks(found):
    """Return the codes and the images (n, 784), as grey levels, that Keras drew of them."""
    codes, images = found.evaluate(
        "f => [f.living.checks.codes, Array.from(f.living.unpack(f.living.checks.images))]"
    )
    return codes, np.reshape(images, (len(codes), 784))


def place(found, code):
    """Return where on the screen a code lies."""
    box = found.locator(".living-plane").bounding_box()
    share_x, share_y = found.evaluate("(f, c) => f.living.pixelOf(...c)", code)
    return box["x"] + share_x * box["width"], box["y"] + share_y * box["height"]


def drawn(found):
    return np.array(found.locator(".living-one").evaluate(LEVELS))


@pytest.mark.parametrize("address", ["pages/explorer", "chapters/04_visualisation"])
def test_the_decoder_in_the_page_draws_what_keras_draws(figure, address):
    found, _ = figure(address)
    codes, images = checks(found)
    assert len(codes) >= 10 and images.max() > 200
    for code, expected in zip(codes, images, strict=True):
        found.evaluate("(f, c) => f.living.moveTo(...c)", code)
        assert np.abs(drawn(found) - expected).max() <= 2


def test_dragging_the_point_draws_the_digit_under_it(figure):
    found, page = figure("pages/explorer")
    codes, images = checks(found)
    page.mouse.move(*place(found, codes[0]))
    page.mouse.down()
    before = drawn(found)
    page.mouse.move(*place(found, codes[1]), steps=4)
    page.mouse.up()
    # The mouse stops at a whole pixel of the screen, so the image is near that of the code, not equal.
    assert np.abs(drawn(found) - images[1]).mean() < 8 < np.abs(before - images[1]).mean()
    after = drawn(found)
    page.mouse.move(*place(found, codes[0]))
    assert np.array_equal(drawn(found), after)  # the button is up


def test_touch_and_keys_move_the_point(figure):
    found, page = figure("pages/explorer")
    codes, images = checks(found)
    page.touchscreen.tap(*place(found, codes[2]))
    assert np.abs(drawn(found) - images[2]).mean() < 8
    says = found.locator(".living-side .living-says").first
    found.locator(".living-plane").focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft", "Shift+ArrowDown"):
        before = says.text_content(), drawn(found)
        page.keyboard.press(key)
        assert says.text_content() != before[0] and not np.array_equal(drawn(found), before[1])
    first = found.locator(".living-side input[type=range]").first
    first.focus()
    before = drawn(found)
    page.keyboard.press("Home")
    assert not np.array_equal(drawn(found), before)


def test_empty_places_are_told_from_visited_ones(figure):
    found, _ = figure("pages/explorer")
    says = found.locator(".living-side .living-says").first
    found.evaluate("f => f.living.moveTo(...f.living.checks.codes[0])")
    assert "training code" in says.text_content() and "ever here" not in says.text_content()
    found.evaluate("f => f.living.moveTo(-1e6, 1e6)")  # the nearest corner
    assert "no training code was ever here" in says.text_content()


def plane(found):
    return found.locator(".living-plane").evaluate("canvas => canvas.toDataURL()")


def test_labels_and_density_can_be_switched(figure):
    found, _ = figure("pages/explorer")
    looks = [plane(found)]
    for choice in ("points", "hidden"):
        found.get_by_label("test codes").select_option(choice)
        looks.append(plane(found))
    found.get_by_label("density of training codes").check()
    looks.append(plane(found))
    assert len(set(looks)) == 4


def test_the_film_ends_at_its_last_digit(figure):
    found, _ = figure("pages/explorer")
    found.get_by_label("from").select_option("0")
    found.get_by_label("to", exact=True).select_option("1")
    assert "of the way from 0 to 1" in found.text_content()
    found.get_by_role("button", name="play the film").click()
    found.get_by_role("button", name="stop").wait_for()
    found.get_by_role("button", name="play the film").wait_for(timeout=10_000)
    end = drawn(found)
    found.get_by_label("from").select_option("1")
    found.get_by_role("button", name="play the film").click()
    found.get_by_role("button", name="stop").click()  # starts at the same place
    assert np.abs(drawn(found) - end).mean() < 8


@pytest.mark.parametrize("address", ["pages/explorer", "chapters/10_variational_autoencoder"])
def test_the_slider_changes_the_plane_and_each_decoder_draws_what_keras_draws(figure, address):
    found, page = figure(address, "vae_planes")
    betas = page.evaluate("livingFigures.content('vae_planes').betas")
    slider, looks = found.get_by_label("β"), []
    for number, beta in enumerate(betas):
        slider.fill(str(number))
        assert slider.get_attribute("aria-valuetext") == f"{beta:g}"
        codes, images = checks(found)
        for code, expected in zip(codes, images, strict=True):
            found.evaluate("(f, c) => f.living.moveTo(...c)", code)
            assert np.abs(drawn(found) - expected).max() <= 2
        looks.append(plane(found))
    assert len(set(looks)) == len(betas) >= 4


def test_a_code_is_drawn_from_the_prior(figure):
    found, _ = figure("pages/explorer", "vae_planes")
    found.get_by_label("β").fill("3")
    says = found.locator(".living-side .living-says").first
    draw = found.get_by_role("button", name="draw a code")
    places = []
    for _ in range(40):
        draw.click()
        places.append([float(number) for number in re.findall(r"-?\d+\.\d", says.text_content())[:2]])
    assert len(np.unique(places, axis=0)) > 30
    assert np.abs(np.mean(places)) < 0.7 and 0.5 < np.std(places) < 1.5


def test_the_lowest_points_of_the_losses_are_the_chapter_s(figure):
    found, page = figure("chapters/02_loss_functions", "pixel_losses")
    best = found.evaluate("f => f.living.best()")
    content = page.evaluate("livingFigures.content('pixel_losses')")
    assert set(best) == set(content["best"]) and len(set(content["best"].values())) > 1
    for name, value in content["best"].items():
        assert abs(best[name] - value) < 0.0015
    found.get_by_label("Huber's threshold").fill("1")
    assert abs(found.evaluate("f => f.living.best().Huber") - content["best"]["squared error"]) < 0.0015
    found.get_by_role("button", name="absolute error").click()
    assert found.locator(".living-slider output").first.text_content() == f"{best['absolute error']:.3f}"


def test_the_ladder_is_stepped_through_to_its_end(figure):
    found, page = figure("chapters/03_training", "ladder")
    rungs = page.evaluate("livingFigures.content('ladder').rungs")
    says, strip = found.locator(".living-says"), found.locator(".living-digits").nth(1)
    looks = []
    for number, rung in enumerate(rungs):
        assert says.text_content().startswith(f"{rung['name']}: {rung['together']:.2f}")
        assert found.locator(".living-together").count() == number + 1
        looks.append(strip.evaluate("canvas => canvas.toDataURL()"))
        if number < len(rungs) - 1:
            found.get_by_role("button", name="next change").click()
    assert len(set(looks)) == len(rungs) >= 9
    assert found.get_by_role("button", name="next change").is_disabled()
    found.get_by_role("button", name="one rung back").click()
    assert says.text_content().startswith(rungs[-2]["name"])


def test_the_epochs_have_their_errors_and_images(figure):
    found, page = figure("chapters/06_overfitting", "overfitting")
    content = page.evaluate("livingFigures.content('overfitting')")
    says, strip = found.locator(".living-says"), found.locator(".living-digits").nth(1)
    looks = []
    for number, epoch in enumerate(content["epochs"]):
        found.evaluate("(f, i) => f.living.step(i)", number)
        errors = [content["errors"][kind][epoch - 1] for kind in ("training", "unseen")]
        told = f"Epoch {epoch}: training images {errors[0]:.2f}, unseen images {errors[1]:.2f}"
        assert says.text_content().startswith(told)
        looks.append(strip.evaluate("canvas => canvas.toDataURL()"))
    assert len(set(looks)) == len(content["epochs"]) > 10


# --- The guesses, which hold verdicts of the test's own: those of the site may all be open

VERDICTS = ["false", "by definition: holds", "open", "holds when"]


@pytest.fixture
def guesses(browser, base):
    """Open the page of statements, in which the verdicts on digits are those above; give a way to open it."""

    def with_verdicts(route):
        boxes = itertools.cycle(VERDICTS)
        text = re.sub(
            r"(On digits <span class=\"guess-box [^>]*>)(?:<span[^>]*>)?[^<]*",
            lambda found: found[0].rpartition(">")[0] + ">" + next(boxes),
            route.fetch().text(),
        )
        route.fulfill(body=text, content_type="text/html")

    with contextlib.ExitStack() as stack:

        def visit(**options):
            page, problems = stack.enter_context(opened(browser, base, **options))
            page.route("**/pages/tutorials.html", with_verdicts)
            show(page, f"{base}pages/tutorials.html")
            if "java_script_enabled" not in options:  # where the theme's scripts are asked for, and refused
                stack.callback(lambda: problems and pytest.fail(str(problems)))
            return page

        yield visit


def statement(page, number):
    return page.locator(".guess").nth(number)


def test_a_guess_by_mouse_or_keys_shows_the_verdict_and_the_score(guesses):
    page = guesses()
    says, table = page.locator(".guesses-bar .living-says"), page.locator(".guesses-table")
    open_ones = page.locator(".guess:not(:has(button)) .guess-verdict")
    asked = page.locator(".guess").count() - open_ones.count()
    assert page.locator(".guess-verdict:visible").count() == open_ones.count() > 0
    assert not table.is_visible()
    statement(page, 0).get_by_role("button", name="false").click()
    assert statement(page, 0).locator(".guess-verdict").is_visible()
    assert says.text_content() == f"1: right, the verdict is “false”. 1 of 1 right, {asked - 1} to go."
    other = statement(page, 0).get_by_role("button", name="holds", exact=True)
    other.click(force=True)  # too late: the first guess counts
    assert statement(page, 0).get_by_role("button", pressed=True).text_content() == "false"
    statement(page, 3).get_by_role("button", name="by definition").focus()
    page.keyboard.press("Enter")
    assert says.text_content().startswith("4: you said “by definition”, the verdict is “holds when”. 1 of 2")
    assert "otherwise" in statement(page, 3).text_content()


def test_on_a_phone_the_four_guesses_stand_in_one_line(guesses):
    page = guesses(viewport={"width": 390, "height": 844})
    tops = statement(page, 0).get_by_role("button").evaluate_all("all => all.map(a => a.offsetTop)")
    assert len(tops) == 4 and len(set(tops)) == 1


@pytest.mark.parametrize("guess", ["by definition", "holds"])
def test_what_holds_by_definition_may_be_guessed_either_way(guesses, guess):
    page = guesses()
    statement(page, 1).get_by_role("button", name=guess, exact=True).click()
    assert "1: right" in page.locator(".living-says").text_content().replace("2:", "1:")


def test_guesses_are_kept_and_all_verdicts_can_be_shown(guesses):
    page = guesses()
    statement(page, 0).get_by_role("button", name="holds when").click()
    page.reload(wait_until="networkidle")
    assert statement(page, 0).locator(".guess-verdict").is_visible()
    assert not statement(page, 1).locator(".guess-verdict").is_visible()
    page.get_by_role("button", name="show all verdicts").click()
    assert page.locator(".guess-verdict:visible").count() == page.locator(".guess").count()
    row = page.locator(".guesses-table tbody tr").first.locator("td")
    assert row.last.text_content() == "✗ holds when"
    page.get_by_role("button", name="start again").click()
    assert not statement(page, 0).locator(".guess-verdict").is_visible()
    assert page.locator("[aria-pressed=true]").count() == 0


def test_without_scripts_and_in_print_the_verdicts_are_there(guesses):
    page = guesses(java_script_enabled=False)
    assert page.locator(".guesses-table").is_visible() and page.locator(".guess button").count() == 0
    assert page.locator(".guess-verdict:visible").count() == page.locator(".guess").count()
    page = guesses()
    page.emulate_media(media="print")
    assert page.locator(".guesses-table").is_visible() and not page.locator(".guesses-bar").is_visible()
    assert page.locator(".guess-verdict:visible").count() == page.locator(".guess").count()
