"""The exercises, one module a chapter: `from aeutils.exercises import chapter01 as exercises`."""
