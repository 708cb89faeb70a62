"""How `make docs` builds the site: https://www.sphinx-doc.org/en/master/usage/configuration.html."""

project = "Flowza"
extensions = ["myst_parser"]
# Links like `nodes.md#train` lead to headings, as they do where the pages are read as files.
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Flowza"
html_show_copyright = False
html_show_sphinx = False
