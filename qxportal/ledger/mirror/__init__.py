"""Our copy of the vendor's records: fetched, validated, merged, and closed by a sync run."""
