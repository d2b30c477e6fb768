"""Where OpenLineage events go: a file, or a server over HTTP."""
