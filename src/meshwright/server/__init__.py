"""The mesh over HTTP: pages for people and an API for programs; `mesh serve` alone loads it."""
