"""Sphinx extensions: what the site and the PDF need beyond Jupyter Book."""
