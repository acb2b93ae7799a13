from django.db import migrations

# Members whose address was one person's alone, and was that person's when they became members, or when the directory
# was first read; what cannot be told stays open and is asked.
JOIN = """
    WITH member AS (
        SELECT m.id, m.org_id, m.created_at, lower(u.email) AS address
        FROM accounts_member m JOIN accounts_user u ON u.id = m.user_id WHERE m.person_state = ''
    ), holder AS (
        SELECT m.id AS member, p.id AS person FROM member m
        JOIN directory_person p ON p.org_id = m.org_id AND p.email = m.address
        UNION
        SELECT m.id, v.row_id FROM member m
        JOIN ledger_version v ON v.org_id = m.org_id AND v.kind = 'person' AND v.event <> 'added'
            AND v.columns ->> 'email' = m.address
    ), alone AS (
        SELECT member, min(person) AS person FROM holder GROUP BY member HAVING count(*) = 1
    ), began AS (
        SELECT org_id, min(first_seen_at) + interval '1 day' AS ended FROM directory_person GROUP BY org_id
    ), sure AS (
        SELECT m.id AS member, m.org_id, m.address, p.vendor_id, trim(p.first_name || ' ' || p.last_name) AS name,
            count(*) OVER (PARTITION BY p.id) AS accounts
        FROM alone
        JOIN member m ON m.id = alone.member
        JOIN directory_person p ON p.id = alone.person
        JOIN began ON began.org_id = m.org_id
        CROSS JOIN LATERAL (SELECT greatest(m.created_at, p.first_seen_at) AS moment) AS since
        WHERE p.first_seen_at <= greatest(m.created_at, began.ended)
            AND m.address = coalesce(
                (SELECT CASE WHEN v.gone THEN '' ELSE v.columns ->> 'email' END FROM ledger_version v
                 WHERE v.kind = 'person' AND v.row_id = p.id AND v.event <> 'added' AND v.valid_to > since.moment
                 ORDER BY v.valid_to LIMIT 1),
                CASE WHEN p.gone_at IS NULL OR p.gone_at > since.moment THEN p.email ELSE '' END
            )
    ), joined AS (
        UPDATE accounts_member m
        SET person_key = sure.vendor_id, person_name = sure.name, person_state = 'proven', person_at = now()
        FROM sure WHERE sure.member = m.id AND sure.accounts = 1
        RETURNING m.org_id, sure.address, sure.name, sure.vendor_id
    )
    INSERT INTO accounts_auditentry (org_id, at, by_name, verb, target, words, details)
    SELECT org_id, now(), '', 'member.person-proven', left(address, 200), left('– → ' || name, 500),
        jsonb_build_object('person', vendor_id, 'before', '')
    FROM joined
"""


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0005_a_search_within_the_index'),
        ('accounts', '0009_which_person'),
        ('ledger', '0011_looks'),
    ]

    operations = [migrations.RunSQL(JOIN, migrations.RunSQL.noop)]
