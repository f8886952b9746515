//! What is kept beside the gifts so that reports cost the same however many there are: totals of hosts and of their fans,
//! for each span of the business calendar (docs/adr/0012-totals-beside-the-gifts.md).

mod rebuild;
mod rollup;

use domain::time::Period;

pub use rebuild::PgGiftTotals;
pub(crate) use rebuild::{Extent, Row, differences, starts, take_time};
pub(crate) use rollup::{RollUps, are_pending_before, keep_rolling_up, note};

/// What the columns of a period begin with in the totals of fans.
pub(crate) const fn fan_span(period: Period) -> &'static str {
    match period {
        Period::Hourly => "hour",
        Period::Daily => "day",
        Period::Weekly => "week",
        Period::Monthly => "month",
        Period::All => "all",
    }
}
