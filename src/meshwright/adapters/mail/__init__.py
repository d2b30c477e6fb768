"""Mail: messages over SMTP."""
