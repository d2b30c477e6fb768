"""Policies as code: queries over the mesh's tables whose rows are violations."""
