"""The transactional outbox: changes are committed before they are sent, then sent, verified and settled."""
