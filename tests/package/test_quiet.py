"""`aeutils.quiet`: nothing of TensorFlow's own on the screen, and importing the package changes nothing."""

import logging
import os
import subprocess
import sys

import aeutils
import pytest

from tests import ROOT

NAMES = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")
TRAINING = """
import numpy as np
from aeutils.models import build_autoencoder
from aeutils.training import fit

for seed in range(6):  # of so many TensorFlow says that they are retraced
    network = build_autoencoder(2, seed=seed)[2]
    fit(network, np.random.default_rng(0).random((8, 28, 28)).astype("float32"), epochs=1)
    network.predict(np.zeros((2, 28, 28)), verbose=0)
"""


def run(code: str, **variables) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "AEUTILS_PROGRESS": "off",
        "KERAS_BACKEND": "tensorflow",
    } | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import keras\n"])
def test_nothing_is_printed(first):
    """Where Keras was imported first, what TensorFlow says at its import has been said."""
    pytest.importorskip("tensorflow")
    done = run(f"{first}import sys; sys.stderr.write('begun')\nimport aeutils\naeutils.quiet()" + TRAINING)
    assert done.returncode == 0, done.stderr
    said = done.stderr if not first else "begun" + done.stderr.split("begun")[-1]
    lines = [line for line in said.splitlines() if not first or "cpu_feature_guard" not in line]
    lines = [line for line in lines if not first or "To enable the following" not in line]
    assert done.stdout == "" and lines == ["begun"]


def test_importing_changes_nothing():
    code = "import os, logging, aeutils; print(os.environ.get('TF_CPP_MIN_LOG_LEVEL'), end=' '); "
    done = run(code + "print(logging.getLogger('tensorflow').filters)")
    assert done.stdout.split() == ["None", "[]"]


def test_what_is_set_stays(monkeypatch):
    monkeypatch.setenv(NAMES[0], "0")
    monkeypatch.delenv(NAMES[1])
    aeutils.quiet()
    assert [os.environ[name] for name in NAMES] == ["0", "0"]


def test_one_filter():
    for _ in range(2):
        aeutils.quiet()
    assert logging.getLogger("tensorflow").filters.count(aeutils._is_error) == 1


def test_errors_are_not_silenced(caplog):
    aeutils.quiet()
    logger = logging.getLogger("tensorflow")
    logger.addHandler(caplog.handler)
    logger.warning("retracing")
    logger.error("out of memory")
    logger.removeHandler(caplog.handler)
    assert {record.message for record in caplog.records} == {"out of memory"}
