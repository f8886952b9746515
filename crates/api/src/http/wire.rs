//! Spellings of the wire that several answers share.

use actix_web::HttpRequest;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{
    id::UserId,
    time::{BusinessCalendar, Window},
    user::AvatarPath,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// An instant: ISO 8601 in UTC with milliseconds, such as `2026-11-23T06:38:02.046Z`.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = String, example = "2026-11-23T06:38:02.046Z")]
pub(super) struct Instant(pub(super) DateTime<Utc>);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// The stretch of time that a report covers, from `start` (included) to `end` (excluded); `null` means unbounded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct WindowView {
    start: Option<Instant>,
    end: Option<Instant>,
    /// The IANA zone of the business calendar.
    #[schema(example = "Asia/Jakarta")]
    timezone: String,
}

impl WindowView {
    pub(super) fn new(window: Window, calendar: BusinessCalendar) -> Self {
        Self {
            start: window.start.map(Instant),
            end: window.end.map(Instant),
            timezone: calendar.zone_name().to_owned(),
        }
    }
}

/// The whole address of a picture, where the apps take it as it is: on the server as the caller reached it.
pub(super) fn picture_url(request: &HttpRequest, picture: &AvatarPath) -> String {
    let server = request.connection_info();
    format!("{}://{}{picture}", server.scheme(), server.host())
}

/// The same, or a picture in its place: the apps show whatever address they get.
pub(super) fn picture_or_stand_in(request: &HttpRequest, picture: Option<&AvatarPath>, of: UserId) -> String {
    picture.map_or_else(|| format!("https://i.pravatar.cc/150?img={of}"), |picture| picture_url(request, picture))
}

/// How long ago something was, in Indonesian, as the app shows it.
pub(super) fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let passed = now.signed_duration_since(then);
    let (count, unit) = match passed.num_seconds().max(0) {
        seconds @ 0..60 => (seconds, "detik"),
        60..3_600 => (passed.num_minutes(), "menit"),
        3_600..86_400 => (passed.num_hours(), "jam"),
        _ => (passed.num_days(), "hari"),
    };
    format!("{count} {unit} yang lalu")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 46_999_000).unwrap()
    }

    #[test]
    fn instants_have_three_digits_and_a_z() {
        assert_eq!(serde_json::to_string(&Instant(at(0))).unwrap(), "\"2026-11-18T11:06:40.046Z\"");
    }

    #[test]
    fn ages_are_told_in_the_largest_whole_unit() {
        for (seconds, expected) in [
            (-5, "0 detik yang lalu"),
            (0, "0 detik yang lalu"),
            (59, "59 detik yang lalu"),
            (60, "1 menit yang lalu"),
            (3_599, "59 menit yang lalu"),
            (3_600, "1 jam yang lalu"),
            (86_399, "23 jam yang lalu"),
            (86_400, "1 hari yang lalu"),
            (864_000, "10 hari yang lalu"),
        ] {
            assert_eq!(ago(at(0), at(seconds)), expected);
        }
    }
}
