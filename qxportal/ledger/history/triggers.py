"""Triggers that keep earlier versions of mirrored rows, for migrations.

A trigger rather than a call beside each write: rows are written by the merge, by the end of a sync run and by change
handlers, and none of them can forget it. It works on the whole statement at once, for any number of rows.
"""

from collections.abc import Iterable

from django.db.migrations import RunSQL

# Columns that do not come from the vendor; `columns` and `after` leave them out.
APART = ("id", "org_id", "raw", "row_hash", "seen_at", "missing_since", "gone_at", "first_seen_at")

# Planned at each call (EXECUTE): a plan made for one row would be kept, and compare each of 10,000 with all others.
FUNCTIONS = f"""
CREATE FUNCTION ledger_keep_versions() RETURNS trigger LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
    IF current_setting('portal.completing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    EXECUTE $sql$
        INSERT INTO ledger_version (
            org_id, kind, row_id, vendor_id, assessment_id, person_key, event, valid_from, valid_to, gone, columns,
            after, progress, source, change_id, alarm
        )
        SELECT pair.org_id, $1, pair.id, pair.vendor_id, (was ->> $2)::bigint, coalesce(was ->> $3, ''),
            event, since, greatest($6, since), was_gone, was - $8, after,
            event = 'changed' AND after - $5 = '{{}}', CASE WHEN $7 IS NULL THEN 'new' ELSE 'portal' END, $7, ''
        FROM (
            SELECT o.id, o.org_id, o.vendor_id, o.first_seen_at, to_jsonb(o) AS was, to_jsonb(n) AS becomes,
                o.gone_at IS NOT NULL AS was_gone,
                CASE WHEN o.gone_at IS NULL AND n.gone_at IS NOT NULL THEN 'gone'
                     WHEN o.gone_at IS NOT NULL AND n.gone_at IS NULL THEN 'back' ELSE 'changed' END AS event
            FROM old_rows o JOIN new_rows n ON n.id = o.id
            OFFSET 0 -- or each row would be made into JSON once per column
        ) AS pair
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_object_agg(key, value), '{{}}') AS after
            FROM jsonb_each(becomes - $8 - $4) WHERE was -> key IS DISTINCT FROM value
        ) AS differing
        CROSS JOIN LATERAL (
            SELECT coalesce(max(valid_to), first_seen_at) AS since
            FROM ledger_version v WHERE v.kind = $1 AND v.row_id = pair.id
        ) AS earlier
        WHERE after <> '{{}}' OR event <> 'changed'
    $sql$
    USING TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]::text[], TG_ARGV[4]::text[], clock_timestamp(),
        nullif(current_setting('portal.change', true), '')::uuid, '{{{",".join(APART)}}}'::text[];
    RETURN NULL;
END $$;
CREATE FUNCTION ledger_forget_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM ledger_version v USING old_rows o WHERE v.kind = TG_ARGV[0] AND v.row_id = o.id;
    RETURN NULL;
END $$;
"""  # noqa: S608
NO_FUNCTIONS = "DROP FUNCTION ledger_keep_versions; DROP FUNCTION ledger_forget_versions"


def keep_versions(
    table: str,
    kind: str,
    *,
    assessment: str = "",
    person: str = "",
    derived: Iterable[str] = (),
    progress: Iterable[str] = (),
) -> RunSQL:
    """Keep the earlier versions of a mirrored table's rows, and forget them with the row.

    `assessment` and `person` name the columns with the assessment's number and the person's vendor id. A difference in
    `derived` columns alone is none; one in `progress` columns alone is the answering of forms.
    """
    lists = [f"'{{{','.join(names)}}}'" for names in (derived, progress)]
    arguments = ", ".join([f"'{kind}'", f"'{assessment}'", f"'{person}'", *lists])
    return RunSQL(
        f"""
        CREATE TRIGGER keep_versions AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_versions({arguments});
        CREATE TRIGGER forget_versions AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_forget_versions('{kind}');
        """,
        f"DROP TRIGGER keep_versions ON {table}; DROP TRIGGER forget_versions ON {table}",
    )
