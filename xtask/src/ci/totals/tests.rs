use super::Totals;

#[test]
fn totals_come_from_the_runners() {
    let mut totals = Totals::default();
    assert_eq!(totals.line(), None);
    totals.add_libtest("running 3 tests");
    totals.add_junit("<other tests=\"9\">");
    assert_eq!(totals.line(), None);
    totals.add_libtest("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s");
    totals.add_libtest("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
    totals.add_junit(
        "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"5\" failures=\"1\" errors=\"1\" uuid=\"x\">\n\
         <testsuite name=\"a\" tests=\"5\" failures=\"1\" errors=\"1\">",
    );
    assert_eq!(totals.line().as_deref(), Some("tests: 7 passed, 4 failed"));
}
