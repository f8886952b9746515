//! Everything that migrations make, in sorted lines that do not depend on the way there.

use crate::support::Fixture;

/// Columns, constraints, indexes, triggers, views, functions, types and settings of the schema public.
const DUMP: &str = "
WITH relation AS (
  SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
)
SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || COALESCE(array_to_string(reloptions, ','), '') AS line
  FROM relation
UNION ALL
SELECT 'column ' || r.relname || ' ' || a.attnum || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || ' ' || a.attidentity::text || a.attgenerated::text
       || COALESCE(CASE a.attgenerated WHEN '' THEN ' DEFAULT ' ELSE ' GENERATED ' END
                   || pg_get_expr(d.adbin, d.adrelid), '')
  FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum WHERE r.relkind IN ('r', 'v', 'p', 'm')
UNION ALL
SELECT 'constraint ' || r.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM relation r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'view ' || r.relname || ' ' || pg_get_viewdef(r.oid) FROM relation r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'type ' || t.typname FROM pg_type t
 WHERE t.typnamespace = 'public'::regnamespace AND t.typrelid = 0 AND t.typelem = 0
UNION ALL
SELECT 'extension ' || e.extname FROM pg_extension e WHERE e.extname <> 'plpgsql'
ORDER BY 1";

/// The schema in lines; also the entries of the catalogue, which a migration makes.
pub(crate) async fn dump(fixture: &Fixture) -> Vec<String> {
    let mut lines = fixture.texts(DUMP).await;
    if lines.iter().any(|line| line.starts_with("relation gift_catalogue ")) {
        lines.extend(fixture.texts("SELECT 'row ' || c::text FROM gift_catalogue c ORDER BY 1").await);
    }
    lines
}
