"""The API's calls: one frozen class per request, one module per group."""
