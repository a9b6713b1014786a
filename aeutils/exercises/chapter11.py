"""Exercises of chapter 11, "Autoencoders and GANs"."""

from aeutils.exercises.base import Exercise, NotYet, call
from aeutils.exercises.judging import expect, number, pair
from aeutils.exercises.shown import table
import numpy as np

TITLE = "Autoencoders and GANs"
HISTOGRAMS = (
    ([100] * 10, "all ten alike"),
    ([500, 500, 0, 0, 0, 0, 0, 0, 0, 0], "two of ten"),
    ([0, 0, 900, 0, 0], "one alone"),
    ([400, 300, 200, 100], "uneven"),
)


def _gan_losses(on_real, on_drawn):
    judging = np.mean(np.logaddexp(0, -on_real)) + np.mean(np.logaddexp(0, on_drawn))
    fooling = np.mean(np.logaddexp(0, -on_drawn))
    return judging, fooling


def _judge_gan_losses(gan_losses) -> str:
    generator = np.random.default_rng(0)
    on_real, on_drawn = generator.normal(1, 2, 30), generator.normal(-1, 2, 30)
    seen = pair(call(gan_losses, on_real.copy(), on_drawn.copy()), "(judging, fooling)", "something else")
    judging, fooling = (number(one, "a mean over the images") for one in seen)
    expected, to_fool = _gan_losses(on_real, on_drawn)
    turned = _gan_losses(-on_real, -on_drawn)[0]
    misconceptions = {
        "The pair is the other way round: the discriminator's loss comes first.": to_fool,
        "Those are the labels turned round: 1 is for real images, 0 for drawn ones.": turned,
        "That is a sum over the images: take the mean of each kind, and add the two.": len(on_real)
        * expected,
        "That is half of it: take the mean of each kind, and add the two.": expected / 2,
        "That has the opposite sign: a loss is to be made small.": -expected,
    }
    report = f"The discriminator's loss: got {judging:.4f}, expected {expected:.4f}."
    expect(judging, expected, report, misconceptions, rtol=1e-4)
    misconceptions = {
        "That is minus the discriminator's part, the log of 1 - D: its gradient vanishes where the "
        "discriminator is sure. Take the cross-entropy with label 1.": -np.mean(np.logaddexp(0, on_drawn)),
        "That is the discriminator's part, with label 0: the generator wants label 1.": np.mean(
            np.logaddexp(0, on_drawn)
        ),
        "The real images are no business of the generator's: leave them out.": turned,
    }
    report = f"The generator's loss: got {fooling:.4f}, expected {to_fool:.4f}."
    expect(fooling, to_fool, report, misconceptions, rtol=1e-4)
    large = np.array([800.0, -800.0])
    far = [float(one) for one in call(gan_losses, large, large)]
    wanted = [float(one) for one in _gan_losses(large, large)]
    if not np.allclose(far, wanted):
        raise NotYet(
            f"For logits of 800 and -800, of both kinds: got {far}, expected {wanted}. The exponential of "
            f"800 is too large for a float: use `np.logaddexp(0, logits)`, which is log(1 + exp(logits))."
        )
    return "Two losses of one network's answers; only the labels differ."


def _show_gan_losses(gan_losses) -> dict:
    rows = []
    for what, on_real, on_drawn in (
        ("undecided", 0.0, 0.0),
        ("right and sure", 4.0, -4.0),
        ("fooled", 4.0, 4.0),
    ):
        logits = np.full(5, on_real), np.full(5, on_drawn)
        seen = tuple(round(float(one), 3) for one in gan_losses(*(one.copy() for one in logits)))
        rows.append((what, str(seen), str(tuple(round(float(one), 3) for one in _gan_losses(*logits)))))
    return table(("the discriminator is", "gan_losses", "expected"), rows)


gan_losses = Exercise(
    "Exercise 11.1",
    _judge_gan_losses,
    hints=(
        "The cross-entropy of label 1 and the probability $\\sigma(l)$ is $\\log(1 + e^{-l})$; that of label "
        "0 is $\\log(1 + e^{l})$.",
        "The discriminator wants 1 for real images and 0 for drawn ones; the generator wants 1 for its own.",
        "`np.logaddexp(0, logits).mean()` is the mean cross-entropy for label 0; put a minus for label 1.",
    ),
    solution=_gan_losses,
    asks="the two losses of a GAN",
    shows=_show_gan_losses,
)


def _effective_classes(counts):
    shares = np.asarray(counts) / np.sum(counts)
    shares = shares[shares > 0]
    return np.exp(-np.sum(shares * np.log(shares)))


def _judge_effective_classes(effective_classes) -> str:
    for counts, what in HISTOGRAMS:
        counts = np.array(counts)
        seen = float(number(call(effective_classes, counts.copy()), "one number for the histogram"))
        expected = float(_effective_classes(counts))
        misconceptions = {
            "0 times the logarithm of 0 is not a number here: leave out the empty classes.": np.nan,
            "That is the entropy itself, in nats: take its exponential.": np.log(expected),
            "That is the entropy in bits: 2 to that power is asked for.": np.log2(expected),
            "That is 2 to the power of an entropy in nats: the base must fit.": 2 ** np.log(expected),
            "That is how many classes there are at all, however rare.": float((counts > 0).sum()),
            "That is one over the sum of squared shares, another count of classes; the entropy's is asked "
            "for.": float(counts.sum() ** 2 / np.square(counts).sum()),
            "That is one over it: the entropy is *minus* the sum of p log p.": 1 / expected,
        }
        report = f"For {what}, {counts.tolist()}: got {seen:.3f}, expected {expected:.3f}."
        expect(seen, expected, report, misconceptions, rtol=1e-4, atol=1e-9)
    return "Ten for ten digits alike, one where a single digit is drawn."


def _show_effective_classes(effective_classes) -> dict:
    rows = [
        (
            what,
            round(float(effective_classes(np.array(counts))), 3),
            round(float(_effective_classes(counts)), 3),
        )
        for counts, what in HISTOGRAMS
    ]
    return table(("histogram", "effective_classes", "expected"), rows)


effective_classes = Exercise(
    "Exercise 11.2",
    _judge_effective_classes,
    hints=(
        "Divide the counts by their sum: these are the shares $p$.",
        "The entropy is $-\\sum p \\log p$ over the classes with $p > 0$; its exponential is asked for.",
        "`shares = shares[shares > 0]`, then `np.exp(-np.sum(shares * np.log(shares)))`.",
    ),
    solution=_effective_classes,
    asks="how many digits a generator really draws",
    shows=_show_effective_classes,
)


def _best_codes(codes, errors):
    best = errors.argmin(axis=0)
    return codes[best, np.arange(codes.shape[1])]


def _judge_best_codes(best_codes) -> str:
    generator = np.random.default_rng(1)
    codes, errors = generator.normal(size=(3, 7, 4)), generator.random((3, 7))
    seen = np.asarray(call(best_codes, codes.copy(), errors.copy()))
    expected = _best_codes(codes, errors)
    shapes = {
        "One code an image: pick the start of each image, not all of them.": codes.shape,
        "Index the start and the image together, such as `codes[best, np.arange(7)]`: `codes[best]` alone "
        "takes whole starts.": (7, 7, 4),
        "Those are the numbers of the starts; their codes are asked for.": (7,),
        "The first axis is still there, with one entry: `(n, k)` is asked for, so drop it.": (1, 7, 4),
    }
    expect(seen.shape, expected.shape, f"Expected codes (7, 4), got {seen.shape}.", shapes)
    misconceptions = {
        "Those are the starts with the largest errors.": _best_codes(codes, -errors),
        "Those are of the start that is best on average: each image may have another.": codes[
            errors.mean(axis=1).argmin()
        ],
        "That is the mean over the starts: halfway between two codes lies another image.": codes.mean(axis=0),
        "These are not the codes of the smallest errors.": True,
    }
    expect(seen, expected, "", misconceptions, rtol=1e-6, atol=1e-9)
    return "Each image keeps the best of its own starts."


def _show_best_codes(best_codes) -> dict:
    codes = np.arange(6.0).reshape(3, 2, 1)
    rows = []
    for errors in ([[3, 1], [2, 5], [4, 6]], [[9, 9], [9, 1], [1, 9]]):
        errors = np.array(errors, "float64")
        seen = np.asarray(best_codes(codes.copy(), errors.copy()))[:, 0].tolist()
        rows.append((str(errors.tolist()), str(seen), str(_best_codes(codes, errors)[:, 0].tolist())))
    return table(("errors of three starts, two images", "best_codes", "expected"), rows)


best_codes = Exercise(
    "Exercise 11.3",
    _judge_best_codes,
    hints=(
        "Which start has the smallest error is asked for each image by itself: along axis 0.",
        "Two lists of indices side by side pick one entry for each pair.",
        "`codes[errors.argmin(axis=0), np.arange(codes.shape[1])]`.",
    ),
    solution=_best_codes,
    asks="the best of several searches",
    shows=_show_best_codes,
)
