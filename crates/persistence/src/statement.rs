//! Statements of few texts in plain SQL, whose plans a connection keeps: for what runs often and has no spelling in
//! Diesel's own language. (`sql_query` is parsed and planned anew each time.)

use std::borrow::Cow;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::HasSqlType,
};

/// A statement with a value for each `?` of its text; `ST` is the SQL type of a row.
pub(crate) struct Statement<'a, ST> {
    sql: Cow<'static, str>,
    binds: Vec<Box<dyn Bind + Send + 'a>>,
    row: std::marker::PhantomData<fn() -> ST>,
}

impl<'a, ST> Statement<'a, ST> {
    /// A statement without binds.
    pub(crate) const fn new(sql: &'static str) -> Self {
        Self { sql: Cow::Borrowed(sql), binds: Vec::new(), row: std::marker::PhantomData }
    }

    /// Binds a value to the next `?`.
    pub(crate) fn bind<T, U>(mut self, value: U) -> Self
    where
        Pg: HasSqlType<T>,
        T: 'a,
        U: ToSql<T, Pg> + Send + 'a,
    {
        self.binds.push(Box::new(Typed::<T, U> { value, sql_type: std::marker::PhantomData }));
        self
    }
}

/// A statement that goes out within another one, and its name there.
pub(crate) type Part<'a> = (&'static str, Statement<'a, ()>);

impl<'a, ST> Statement<'a, ST> {
    /// The same with others within it (`WITH name AS (…)`), so that the server answers once for all of them. Each has to write, or
    /// to be named by this one, else PostgreSQL does not run it. All see what was there before; of each other, what they return.
    pub(crate) fn with(self, parts: Vec<Part<'a>>) -> Self {
        let mut sql = String::new();
        let mut binds = Vec::new();
        for (name, part) in parts {
            sql.push_str(if sql.is_empty() { "WITH " } else { ",\n" });
            sql.push_str(name);
            sql.push_str(" AS (");
            sql.push_str(&part.sql);
            sql.push(')');
            binds.extend(part.binds);
        }
        sql.push_str(&self.sql);
        binds.extend(self.binds);
        Self { sql: Cow::Owned(sql), binds, row: self.row }
    }
}

trait Bind {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

struct Typed<T, U> {
    value: U,
    sql_type: std::marker::PhantomData<fn() -> T>,
}

impl<T, U> Bind for Typed<T, U>
where
    Pg: HasSqlType<T>,
    U: ToSql<T, Pg>,
{
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<T, U>(&self.value)
    }
}

impl<ST> QueryFragment<Pg> for Statement<'_, ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut texts = self.sql.split('?');
        out.push_sql(texts.next().unwrap_or_default());
        for (bind, text) in self.binds.iter().zip(texts) {
            bind.push(&mut out)?;
            out.push_sql(text);
        }
        Ok(())
    }
}

impl<ST> QueryId for Statement<'_, ST> {
    type QueryId = ();
    // The text itself, with the types of the binds, is what it is known by.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Statement<'_, ST> {
    type SqlType = ST;
}
