"""The exercises, one module a chapter: `from aeutils.exercises import chapter01 as exercises`.

`from aeutils.exercises import progress`, then `progress()`, shows which of them are solved.
"""

from aeutils.exercises.overview import progress

__all__ = ["progress"]
