"""Reports about the mesh: dashboards over the mesh's own tables, one file each."""
