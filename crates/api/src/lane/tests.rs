use actix_web::ResponseError as _;
use tokio::sync::oneshot;

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
