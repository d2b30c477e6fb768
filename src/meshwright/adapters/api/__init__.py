"""JSON over HTTP: ODCS servers of type `api`."""
