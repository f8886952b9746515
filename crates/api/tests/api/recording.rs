//! Records what was answered, for the coverage gate: one JSON line an answer, one file a process.

use std::{
    env, fmt,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    process,
    sync::{Mutex, Once},
};

use serde_json::{Map, Value};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

static INSTALLED: Once = Once::new();

/// Installs the recorder, once a process.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        let path = directory().join(format!("{}.jsonl", process::id()));
        let file = File::options().create(true).append(true).open(path).unwrap();
        tracing_subscriber::registry().with(Recorder(Mutex::new(file))).init();
    });
}

/// Where the gate looks.
pub(crate) fn directory() -> PathBuf {
    let program = env::current_exe().unwrap();
    let directory = program.ancestors().nth(3).unwrap().join("http-coverage");
    fs::create_dir_all(&directory).unwrap();
    directory
}

struct Recorder(Mutex<File>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == api::ACCESS_LOG
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut answer = Answer::default();
        event.record(&mut answer);
        // One write, so that a killed process leaves no half line.
        let line = format!("{}\n", Value::Object(answer.0));
        self.0.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// The members of an answer that the gate reads.
#[derive(Default)]
struct Answer(Map<String, Value>);

impl Answer {
    fn keep(&mut self, field: &Field, value: impl Into<Value>) {
        if ["method", "route", "status"].contains(&field.name()) {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Answer {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
