"""The command line: thin verbs over `evolve.search`, `evolve.runs` and `archive`."""

from evolve.cli.shadow import refuse_shadows

refuse_shadows()  # before any module here imports a package that could be somebody else's
