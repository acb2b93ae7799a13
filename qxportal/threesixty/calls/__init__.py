"""What can be asked: one frozen class per request, one module per group."""
