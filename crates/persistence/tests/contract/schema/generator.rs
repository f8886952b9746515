//! Writes what Diesel knows of the tables, from the catalogues of the database.

use std::fmt::Write as _;

use crate::support::Fixture;

/// Every ordinary table but Diesel's own, with its primary key.
const TABLES: &str = "
SELECT c.relname::text, array_to_string(array_agg(a.attname ORDER BY k.place), ', ')
  FROM pg_class c
  JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
  CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '__diesel_schema_migrations'
 GROUP BY c.relname ORDER BY c.relname";

/// The columns of a table, with the names of their types and whether they may be NULL.
const COLUMNS: &str = "
SELECT a.attname::text, t.typname::text, NOT a.attnotnull
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Diesel's name of a type.
fn sql_type(name: &str) -> &'static str {
    match name {
        "int8" => "BigInt",
        "int4" => "Integer",
        "text" | "varchar" => "Text",
        "bool" => "Bool",
        "date" => "Date",
        "timestamptz" => "Timestamptz",
        "bytea" => "Bytea",
        "json" => "Json",
        "jsonb" => "Jsonb",
        "_int8" => "Array<Nullable<BigInt>>",
        other => panic!("teach the generator the type {other}"),
    }
}

/// The text of `schema.rs`.
pub(crate) async fn generate(fixture: &Fixture) -> String {
    let mut text = String::from("// Generated from the database: UPDATE_SCHEMA=1 cargo test -p persistence schema\n\n");
    let mut names = Vec::new();
    for row in fixture.sql.query(TABLES, &[]).await.unwrap() {
        let (table, primary_key): (String, String) = (row.get(0), row.get(1));
        writeln!(text, "diesel::table! {{\n    {table} ({primary_key}) {{").unwrap();
        for column in fixture.sql.query(COLUMNS, &[&table]).await.unwrap() {
            let (name, type_name): (String, String) = (column.get(0), column.get(1));
            let sql_type = sql_type(&type_name);
            // A word of Rust takes an underscore.
            let field = if name == "type" {
                text.push_str("        #[sql_name = \"type\"]\n");
                "type_"
            } else {
                &name
            };
            if column.get(2) {
                writeln!(text, "        {field} -> Nullable<{sql_type}>,").unwrap();
            } else {
                writeln!(text, "        {field} -> {sql_type},").unwrap();
            }
        }
        text.push_str("    }\n}\n\n");
        names.push(table);
    }
    text.push_str("diesel::allow_tables_to_appear_in_same_query!(\n");
    for name in names {
        writeln!(text, "    {name},").unwrap();
    }
    text.push_str(");\n");
    text
}
