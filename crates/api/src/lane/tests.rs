use std::{io, sync::Mutex};

use actix_web::ResponseError as _;
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::*;

const LONG: Duration = Duration::from_secs(60);

fn code(result: Result<(), ApiError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test]
async fn a_request_goes_on_when_nobody_waits_for_it() {
    let lane = Lane::new(4, LONG);
    let (go_on, stopped) = oneshot::channel::<()>();
    let (done, finished) = oneshot::channel();
    let request = async move {
        let _ = stopped.await;
        let _ = done.send("paid");
        Ok::<(), ApiError>(())
    };
    let handler = tokio::spawn(async move { lane.run(request).await });
    tokio::task::yield_now().await;
    handler.abort();
    assert!(handler.await.unwrap_err().is_cancelled());
    go_on.send(()).unwrap();
    assert_eq!(finished.await, Ok("paid"));
}

/// What a worker of the HTTP server has: a runtime of its own thread.
fn worker() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[tokio::test]
async fn a_request_outlives_the_worker_that_it_began_in() {
    let lane = Arc::new(Lane::new(4, LONG));
    let (begun, begins) = oneshot::channel();
    let (go_on, stopped) = oneshot::channel::<()>();
    let (done, finished) = oneshot::channel();
    let request = async move {
        // A timer that was made in the worker, as one of a transaction is.
        let timer = timeout(Duration::ZERO, std::future::pending::<()>());
        let _ = begun.send(());
        let _ = stopped.await;
        let _ = timer.await;
        let _ = done.send("paid");
        Ok::<(), ApiError>(())
    };
    let inside = Arc::clone(&lane);
    std::thread::spawn(move || {
        let worker = worker();
        worker.block_on(async move {
            let handler = tokio::spawn(async move { inside.run(request).await });
            begins.await.unwrap();
            handler.abort();
            let _ = handler.await;
        });
    })
    .join()
    .unwrap();
    go_on.send(()).unwrap();
    assert_eq!(finished.await, Ok("paid"));
    assert!(lane.drained(Instant::now() + LONG).await);
}

#[tokio::test]
async fn whose_handler_waits_works_in_its_worker() {
    let lane = Lane::new(4, LONG);
    let worker = std::thread::spawn(move || {
        let here = std::thread::current().id();
        let there = worker().block_on(lane.run(async { Ok::<_, ApiError>(std::thread::current().id()) }));
        (here, there.unwrap())
    });
    let (here, there) = worker.join().unwrap();
    assert_eq!(here, there);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_told_to_ask_again() {
    let lane = Lane::new(4, Duration::from_secs(2));
    let (go_on, stopped) = oneshot::channel::<()>();
    let waited = lane.run(async move { stopped.await.map_err(|_| ApiError::internal()) }).await;
    assert_eq!(code(waited), "outcome_unknown");
    assert!(!lane.drained(Instant::now()).await, "the request is still in the lane");
    go_on.send(()).unwrap();
    assert!(lane.drained(Instant::now() + LONG).await);
}

#[tokio::test(start_paused = true)]
async fn who_has_waited_already_waits_for_the_rest_of_his_time() {
    let lane = Lane::new(4, Duration::from_secs(2));
    let begun = Instant::now();
    let waited = lane.run_after(Duration::from_millis(1_500), std::future::pending::<Result<(), ApiError>>()).await;
    assert_eq!(code(waited), "outcome_unknown");
    let took = begun.elapsed();
    assert!((Duration::from_millis(500)..Duration::from_millis(600)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_full_lane_turns_away_at_once() {
    let lane = Arc::new(Lane::new(1, LONG));
    let (go_on, stopped) = oneshot::channel::<()>();
    let waiting = Arc::clone(&lane);
    let first =
        tokio::spawn(async move { waiting.run(async move { stopped.await.map_err(|_| ApiError::internal()) }).await });
    tokio::task::yield_now().await;
    let refused = lane.run(async { Ok::<(), ApiError>(()) }).await.unwrap_err();
    assert_eq!((refused.to_string().as_str(), refused.status_code().as_u16()), ("busy", 503));
    go_on.send(()).unwrap();
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_panic_is_an_unknown_outcome() {
    let lane = Lane::new(1, LONG);
    assert_eq!(
        code(lane.run(async { if true { panic!("a bug") } else { Ok::<(), ApiError>(()) } }).await),
        "outcome_unknown"
    );
    assert!(lane.drained(Instant::now() + LONG).await);
}

#[tokio::test]
async fn a_panic_that_nobody_waits_for_frees_its_place() {
    let lane = Arc::new(Lane::new(1, LONG));
    let (go_on, stopped) = oneshot::channel::<()>();
    let inside = Arc::clone(&lane);
    let request = async move {
        let _ = stopped.await;
        if true { panic!("a bug") } else { Ok::<(), ApiError>(()) }
    };
    let handler = tokio::spawn(async move { inside.run(request).await });
    tokio::task::yield_now().await;
    handler.abort();
    assert!(handler.await.unwrap_err().is_cancelled());
    assert!(!lane.drained(Instant::now()).await);
    go_on.send(()).unwrap();
    assert!(lane.drained(Instant::now() + LONG).await);
}

#[tokio::test]
async fn a_panic_tells_what_it_said() {
    let said = async |panic: fn()| {
        let work = async move { panic() };
        Attended::new(Handle::current(), work, drop).await.unwrap_err().to_string()
    };
    assert_eq!(said(|| panic!("a bug")).await, "it panicked: a bug");
    assert_eq!(said(|| panic!("bug {}", 7)).await, "it panicked: bug 7");
    assert_eq!(said(|| std::panic::panic_any(7)).await, "it panicked: ");
}

/// Everything that is logged, with the spans that it happened in.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_comes_too_late_is_logged_with_the_id_of_its_request() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let lane = Lane::new(1, Duration::from_secs(2));
    for (result, expected) in [(Ok(()), "has succeeded"), (Err(ApiError::unavailable()), "code=unavailable")] {
        log.0.lock().unwrap().clear();
        let (go_on, stopped) = oneshot::channel::<()>();
        let request = async move {
            let _ = stopped.await;
            result
        };
        let span = tracing::info_span!("request", request_id = "00ff");
        assert_eq!(code(lane.run(request).instrument(span).await), "outcome_unknown");
        go_on.send(()).unwrap();
        assert!(lane.drained(Instant::now() + LONG).await);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(expected) && text.contains("request_id=\"00ff\""), "{text}");
    }
}
