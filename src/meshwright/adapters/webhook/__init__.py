"""Webhooks: messages as JSON over HTTP."""
