//! What gets in the way of a transaction: triggers that the tests make in their own databases.

use super::Fixture;

/// What a transaction can be stopped at: a table that it writes, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Just before the table is written.
    Before(&'static str),
    /// In the commit of a transaction that wrote the table.
    InCommit(&'static str),
}

impl Place {
    /// The trigger that calls `function` there.
    fn trigger(self, name: &str, function: &str) -> String {
        match self {
            Self::Before(table) => format!(
                "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table}
                 FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            ),
            Self::InCommit(table) => format!(
                "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION {function}()"
            ),
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Before(table) | Self::InCommit(table) => table,
        }
    }
}

/// A gate that transactions wait at, shut until it is opened.
pub(crate) struct Gate<'a> {
    fixture: &'a Fixture,
    place: Place,
}

impl Fixture {
    /// Lets every transaction wait at a place.
    pub(crate) async fn shut_gate(&self, place: Place) -> Gate<'_> {
        let function = "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END'";
        let trigger = place.trigger("gate", "wait_at_gate");
        self.execute(&format!("SELECT pg_advisory_lock(1); {function}; {trigger}")).await;
        Gate { fixture: self, place }
    }

    /// Kills the backend of the first so many transactions that reach a place. The count is a sequence: what dies
    /// does not take it back.
    pub(crate) async fn kill_at(&self, place: Place, deaths: u32) {
        let function = format!(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN
                IF nextval(''deaths'') <= {deaths} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NULL;
              END'"
        );
        let trigger = place.trigger("killer", "die");
        self.execute(&format!("CREATE SEQUENCE deaths; {function}; {trigger}")).await;
    }

    /// Takes [`Fixture::kill_at`] back; answers how many transactions reached the place.
    pub(crate) async fn spare(&self, place: Place) -> i64 {
        let reached = self.number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM deaths").await;
        let table = place.table();
        self.execute(&format!("DROP TRIGGER killer ON {table}; DROP FUNCTION die(); DROP SEQUENCE deaths")).await;
        reached
    }
}

impl Gate<'_> {
    /// Lets everybody through who waits.
    pub(crate) async fn open(&self) {
        self.fixture.execute("SELECT pg_advisory_unlock(1)").await;
    }

    /// Takes the gate away.
    pub(crate) async fn remove(self) {
        let table = self.place.table();
        self.fixture.execute(&format!("DROP TRIGGER gate ON {table}; DROP FUNCTION wait_at_gate()")).await;
    }
}
