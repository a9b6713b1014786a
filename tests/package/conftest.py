"""Fixtures that several files of tests here share."""

from tests.package.places import nowhere, serve  # noqa: F401
