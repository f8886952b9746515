//! How a user becomes a host: he applies, or an agency invites him and he accepts; then the agency's owner decides.
//!
//! ```text
//! applies ───────────────► pending ──► approved (a membership begins) | rejected
//! is invited ─► invited ─► (accepts)
//!                  └─► declined        invited | pending ─► withdrawn
//! ```

mod answer;
mod apply;
mod review;
mod state;

pub use answer::{Answer, AnswerContext, AnswerError, AnswerOrder, AnswerRefusal, answer_invitation};
pub use apply::{
    AgencyStanding, DECLINES_MAX, FREE_TO_APPLY, HostApplyContext, HostApplyError, HostApplyOrder, HostApplyRefusal,
    HostFacts, HostForm, INVITATIONS_MAX, InviteContext, InviteError, InviteOrder, InviteRefusal, OpenApplications,
    apply_as_host, invite_host,
};
pub use review::{
    Decider, HostReviewContext, HostReviewError, HostReviewOrder, HostReviewPosting, HostReviewRefusal, NewMembership,
    review_host,
};
pub use state::{HostApplication, HostApplicationState, ImpossibleApplication, Origin, Transition, Withdrawal};
