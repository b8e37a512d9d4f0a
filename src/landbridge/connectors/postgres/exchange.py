"""Putting a staged table in the place of an existing one, in one transaction.

A table that nothing else stands on is dropped and the staged one takes its name, with the
same indexes, constraints and grants. One that views, foreign keys, triggers, policies,
sequences, publications or partitions depend on keeps its identity: it is emptied and filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.connectors.postgres.catalogue import Relation
from landbridge.connectors.postgres.columns import WriteColumn
from landbridge.connectors.postgres.dialects import QUOTING
from landbridge.connectors.postgres.names import TableName
from landbridge.connectors.postgres.routes import refilled
from landbridge.sdk.sql.dialect import Execute

_STANDS_ALONE = """
SELECT c.relkind = 'r' AND NOT c.relhassubclass AND NOT c.relrowsecurity
   AND c.reloptions IS NULL AND c.relreplident = 'd' AND c.reltablespace = 0
   AND c.relpersistence = 'p' AND pg_get_userbyid(c.relowner) = current_user
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
                   WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint f WHERE f.confrelid = c.oid)
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid
                   AND (a.attacl IS NOT NULL OR a.attidentity <> '' OR a.attgenerated <> ''))
   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                   AND (i.indisclustered OR i.indisreplident OR NOT i.indisvalid))
   AND NOT EXISTS (
       SELECT 1 FROM pg_catalog.pg_depend d
       WHERE ((d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid)
           OR (d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = c.reltype))
         AND d.deptype <> 'i'
         AND d.classid <> 'pg_catalog.pg_attrdef'::regclass
         AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND EXISTS (
             SELECT 1 FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid))
         AND NOT (d.classid = 'pg_catalog.pg_constraint'::regclass AND EXISTS (
             SELECT 1 FROM pg_catalog.pg_constraint k
             WHERE k.oid = d.objid AND k.conrelid = c.oid)))
FROM pg_catalog.pg_class c WHERE c.oid = %s
"""
_CONSTRAINTS = """
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
WHERE conrelid = %s AND contype IN ('p', 'u', 'x', 'f') ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT c.relname,
       CASE WHEN i.indisunique THEN 'CREATE UNIQUE INDEX ' ELSE 'CREATE INDEX ' END,
       quote_ident(c.relname) || ' ON ' || quote_ident(n.nspname) || '.'
           || quote_ident(t.relname),
       pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE i.indrelid = %s AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_constraint k
    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY c.relname
"""
_GRANTS = """
SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
       a.privilege_type, a.is_grantable
FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
WHERE c.oid = %s AND a.grantee <> c.relowner
"""
_REFERENCED = "SELECT 1 FROM pg_catalog.pg_constraint WHERE confrelid = %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A staged table and the one it replaces.

    Attributes:
        target: The table that readers know.
        stage: The table that holds the new rows.
        columns: Columns of the load, as the target has them.
        droppable: Whether the server can be asked what stands on the target.
    """

    target: Relation
    stage: TableName
    columns: Sequence[WriteColumn]
    droppable: bool = True


def exchange(execute: Execute, what: Exchange) -> None:
    """Replace all rows of the target, inside the current transaction."""
    if what.droppable and execute(_STANDS_ALONE, (what.target.oid,))[0][0]:
        _swap(execute, what)
    else:
        _refill(execute, what)


def _refill(execute: Execute, what: Exchange) -> None:
    target = what.target.name.quoted
    referenced = execute(_REFERENCED, (what.target.oid,))
    if referenced:
        execute(f"LOCK TABLE {target} IN ACCESS EXCLUSIVE MODE")
        execute("SET CONSTRAINTS ALL DEFERRED")
        execute(f"DELETE FROM {target}")  # noqa: S608  quoted names
    else:
        execute(f"TRUNCATE {target}")
    execute(refilled(what.target.name, what.stage, what.columns))
    execute(f"DROP TABLE {what.stage.quoted}")


def _swap(execute: Execute, what: Exchange) -> None:
    """Build the stage's indexes while readers still use the target, then change names."""
    target, stage = what.target.name, what.stage
    oid = what.target.oid
    execute("SET LOCAL search_path = pg_catalog")
    renames: list[str] = []
    late: list[str] = []
    for number, (name, kind, definition) in enumerate(execute(_CONSTRAINTS, (oid,))):
        declared = str(definition)
        quoted, made = QUOTING.quoted(str(name)), QUOTING.quoted(f"{stage.table}_c{number}")
        if kind == "f":
            late.append(f"ALTER TABLE {target.quoted} ADD CONSTRAINT {quoted} {declared}")
            continue
        execute(f"ALTER TABLE {stage.quoted} ADD CONSTRAINT {made} {declared}")
        renames.append(f"ALTER TABLE {target.quoted} RENAME CONSTRAINT {made} TO {quoted}")
    for number, (name, verb, place, definition) in enumerate(execute(_INDEXES, (oid,))):
        made = f"{stage.table}_i{number}"
        method = str(definition).removeprefix(f"{verb!s}{place!s}")
        execute(f"{verb!s}{QUOTING.quoted(made)} ON {stage.quoted}{method}")
        old = QUOTING.quoted(target.schema, made)
        renames.append(f"ALTER INDEX {old} RENAME TO {QUOTING.quoted(str(name))}")
    for grantee, privilege, grantable in execute(_GRANTS, (oid,)):
        option = " WITH GRANT OPTION" if grantable else ""
        execute(f"GRANT {privilege!s} ON {stage.quoted} TO {grantee!s}{option}")
    execute(f"DROP TABLE {target.quoted}")
    execute(f"ALTER TABLE {stage.quoted} RENAME TO {QUOTING.quoted(target.table)}")
    for statement in (*renames, *late):
        execute(statement)
