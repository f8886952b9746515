//! Members of a JSON body, as loosely typed as the apps send them.
//!
//! The apps send ids and amounts as numbers or as strings of digits. Whatever else comes is refused, never rounded.

use std::borrow::Cow;

use domain::room::RoomId;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type},
};

use crate::error::ApiError;

/// A member that may be absent. `null` is told apart from absence, because clearing is not leaving alone.
pub(crate) type Field = Option<Value>;

/// Reads a member that may be `null` as present: serde would take `null` for absence.
pub(crate) fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// The text of a member; `None` when it is absent, empty, or no string.
pub(crate) fn text(field: &Field) -> Option<&str> {
    field.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The whole number of a member: a JSON integer, or a string of ASCII digits with an optional minus.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => digits(text),
        _ => None,
    }
}

/// A whole number in the plainest spelling: no plus, no spaces, no point, no exponent.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

/// The name of a room: a text, or a number for the apps that name a room by one. `None` when it is absent or `null`.
///
/// # Errors
/// 400 for what is no room's name.
pub(crate) fn room(field: &Field) -> Result<Option<RoomId>, ApiError> {
    let name = match field {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => Cow::Borrowed(name.as_str()),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        Some(_) => return Err(ApiError::invalid_room()),
    };
    RoomId::parse(&name).map(Some).map_err(|_| ApiError::invalid_room())
}

/// How the description shows a member that [`integer`] reads.
pub(crate) struct IntegerOrDigits;

impl PartialSchema for IntegerOrDigits {
    fn schema() -> RefOr<Schema> {
        let digits = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^-?[0-9]+$"));
        let integer = ObjectBuilder::new().schema_type(Type::Integer);
        let about = "A whole number, as a number or as a string of digits.";
        OneOfBuilder::new().item(integer).item(digits).description(Some(about)).into()
    }
}

impl ToSchema for IntegerOrDigits {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IntegerOrDigits")
    }
}

/// Whether a member counts as missing where the older server asked for a "truthy" one.
pub(crate) fn is_missing(field: &Field) -> bool {
    match field {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_numbers_or_digits() {
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!("5"), Some(5)),
            (json!("231127"), Some(231_127)),
            (json!(-1), Some(-1)),
            (json!("-1"), Some(-1)),
            (json!(i64::MAX), Some(i64::MAX)),
            (json!(u64::MAX), None),
            (json!("99999999999999999999"), None),
            (json!(1.0), None),
            (json!(1.5), None),
            (json!("1.0"), None),
            (json!("+1"), None),
            (json!("1e3"), None),
            (json!(" 1"), None),
            (json!(""), None),
            (json!("-"), None),
            (json!("٣"), None),
            (json!(null), None),
            (json!(true), None),
            (json!([1]), None),
        ] {
            assert_eq!(integer(&value), expected, "{value}");
        }
    }

    #[test]
    fn missing_is_what_the_older_server_called_so() {
        for missing in [json!(null), json!(0), json!(""), json!(false)] {
            assert!(is_missing(&Some(missing.clone())), "{missing}");
        }
        for there in [json!(1), json!("0"), json!(-1), json!([]), json!({}), json!(true)] {
            assert!(!is_missing(&Some(there.clone())), "{there}");
        }
        assert!(is_missing(&None));
    }
}
