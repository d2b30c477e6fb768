"""Files: ODCS servers of type `local`."""
