"""The mesh as tables: what was applied and what happened, as documented relations of schema `mesh`."""
