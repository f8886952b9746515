//! The binary `chatme`: everything it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::run()
}
