"""Shared plumbing of the book *Autoencoders, measured*.

What a chapter teaches is written out in the chapter; what it merely needs is here, one topic a module.
Name what is imported (`from aeutils.data import load_mnist`): a chapter's stamp then covers exactly the
definitions that its numbers depend on.
"""

import logging
import os

__version__ = "0.1.0"


def quiet() -> None:
    """Keep TensorFlow's log lines out of a notebook, and its results the same on every x86 machine.

    Call it before Keras is imported: TensorFlow reads two environment variables, `TF_CPP_MIN_LOG_LEVEL` and
    `TF_ENABLE_ONEDNN_OPTS`, at its own import, and only then. Variables that are set already stay as they
    are. Called later, it still silences the warnings of TensorFlow's logger. With another backend it does
    nothing that is seen.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # TensorFlow warns of retracing wherever several small models are built in a row, as every chapter
    # does. A filter, because in a notebook TensorFlow sets its logger's level anew when it is imported.
    logging.getLogger("tensorflow").addFilter(_is_error)  # which a logger takes once


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
