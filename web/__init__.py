"""What the built pages need: Sphinx extensions, static files, living figures."""
