//! The user's word: he accepts or declines an invitation, or takes an application back.

use chrono::{DateTime, Utc};

use super::{HostApplication, HostApplicationState, Transition, Withdrawal};
use crate::{
    id::{HostApplicationId, UserId},
    store::StoreError,
};

/// What a user says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// He accepts an invitation; the owner decides then.
    Accept,
    /// He declines an invitation.
    Decline,
    /// He takes back what is not decided yet, so that an agency that never answers does not keep him from others.
    Withdraw,
}

/// A user's word on an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerOrder {
    /// Whose word.
    pub user: UserId,
    /// On which application.
    pub application: HostApplicationId,
    /// What he says.
    pub answer: Answer,
}

/// The facts that a user's word is decided on, under lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerContext {
    /// The application, if there is one.
    pub application: Option<HostApplication>,
    /// Whether the user belongs to an agency.
    pub is_member: bool,
}

/// Why a word changes nothing, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefusal {
    /// There is no such application of this user, or, when he accepts or declines, it is no invitation.
    #[error("there is no such application of this user")]
    NotFound,
    /// It was answered, taken back or decided before.
    #[error("the application is closed already")]
    AlreadyClosed,
    /// He belongs to an agency; he leaves it before he accepts.
    #[error("the user belongs to an agency")]
    AlreadyMember,
}

/// Why a word changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] AnswerRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides what a user's word makes of an application; answers where it stands then.
///
/// # Errors
/// [`AnswerRefusal`], in the order of its variants.
pub fn answer_invitation(
    order: AnswerOrder,
    facts: &AnswerContext,
    at: DateTime<Utc>,
) -> Result<HostApplicationState, AnswerRefusal> {
    let is_for_invitations = order.answer != Answer::Withdraw;
    let is_his = |found: &&HostApplication| {
        found.id() == order.application && found.host() == order.user && (found.is_invitation() || !is_for_invitations)
    };
    let application = facts.application.as_ref().filter(is_his).ok_or(AnswerRefusal::NotFound)?;
    let transition = match order.answer {
        Answer::Accept => Transition::Accept,
        Answer::Decline => Transition::Decline,
        Answer::Withdraw => Transition::Withdraw(Withdrawal::ByHost),
    };
    let after = application.state().after(transition, at).ok_or(AnswerRefusal::AlreadyClosed)?;
    if order.answer == Answer::Accept && facts.is_member {
        return Err(AnswerRefusal::AlreadyMember);
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agency::Origin, id::AgencyId, review::Review};

    const USER: UserId = UserId::new(1);

    fn facts(origin: Origin, state: HostApplicationState, is_member: bool) -> AnswerContext {
        let application =
            HostApplication::restore(HostApplicationId::new(3), USER, AgencyId::new(7), origin, state).unwrap();
        AnswerContext { application: Some(application), is_member }
    }

    fn say(user: UserId, answer: Answer, facts: &AnswerContext) -> Result<&'static str, AnswerRefusal> {
        let order = AnswerOrder { user, application: HostApplicationId::new(3), answer };
        answer_invitation(order, facts, DateTime::UNIX_EPOCH).map(|state| state.word())
    }

    const INVITATION: Origin = Origin::Invitation { by: UserId::new(2) };

    #[test]
    fn an_invited_user_accepts_or_declines_once() {
        let invited = facts(INVITATION, HostApplicationState::Invited, false);
        assert_eq!(say(USER, Answer::Accept, &invited), Ok("pending"));
        assert_eq!(say(USER, Answer::Decline, &invited), Ok("declined"));
        assert_eq!(say(USER, Answer::Withdraw, &invited), Ok("withdrawn"));
        let accepted = facts(INVITATION, HostApplicationState::Submitted(Review::Pending), false);
        assert_eq!(say(USER, Answer::Accept, &accepted), Err(AnswerRefusal::AlreadyClosed));
        assert_eq!(say(USER, Answer::Decline, &accepted), Err(AnswerRefusal::AlreadyClosed));
        assert_eq!(say(USER, Answer::Withdraw, &accepted), Ok("withdrawn"));
    }

    #[test]
    fn an_application_is_taken_back_and_never_accepted_by_its_author() {
        let pending = facts(Origin::Host, HostApplicationState::Submitted(Review::Pending), false);
        assert_eq!(say(USER, Answer::Withdraw, &pending), Ok("withdrawn"));
        assert_eq!(say(USER, Answer::Accept, &pending), Err(AnswerRefusal::NotFound));
        assert_eq!(say(USER, Answer::Decline, &pending), Err(AnswerRefusal::NotFound));
    }

    #[test]
    fn refusals_are_looked_for_in_their_documented_order() {
        let declined = HostApplicationState::Declined { at: DateTime::UNIX_EPOCH };
        let closed = facts(INVITATION, declined, true);
        let invited = facts(INVITATION, HostApplicationState::Invited, true);
        assert_eq!(say(UserId::new(2), Answer::Accept, &closed), Err(AnswerRefusal::NotFound));
        assert_eq!(say(USER, Answer::Accept, &closed), Err(AnswerRefusal::AlreadyClosed));
        assert_eq!(say(USER, Answer::Accept, &invited), Err(AnswerRefusal::AlreadyMember));
        assert_eq!(say(USER, Answer::Decline, &invited), Ok("declined"));
        let none = AnswerContext { application: None, is_member: false };
        assert_eq!(say(USER, Answer::Withdraw, &none), Err(AnswerRefusal::NotFound));
    }
}
