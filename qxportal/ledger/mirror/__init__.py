"""Our copy of what the vendor has: fetched, validated, merged, and closed by a sync run."""
