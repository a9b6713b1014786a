"""Shared plumbing of the book *Autoencoders, measured*.

What a chapter teaches is written out in the chapter; what it merely needs is here, one topic a module.
Name what is imported (`from aeutils.data import load_mnist`): a chapter's stamp then covers exactly the
definitions that its numbers depend on.
"""

import logging
import os

__version__ = "0.1.0"

# Read by TensorFlow when it is imported, so they are set before anything here imports Keras: no log
# lines in a reader's notebook, and the same floating-point results on every x86 machine.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# TensorFlow warns of retracing wherever several small models are built in a row, as every chapter
# does. A filter, because in a notebook TensorFlow sets its logger's level anew when it is imported.
logging.getLogger("tensorflow").addFilter(lambda record: record.levelno >= logging.ERROR)
