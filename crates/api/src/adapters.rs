//! Adapters of the domain's ports that need no database.

mod audience;
mod avatars;
mod card_vault;
mod clock;
mod dice;
mod hs256;
mod password;
mod publisher;
mod token;

pub(crate) use audience::StoredAudience;
pub(crate) use avatars::FileAvatarStore;
pub(crate) use avatars::{DIRECTORY as AVATAR_DIRECTORY, is_name as is_avatar_name};
pub use card_vault::WeakCardKey;
pub(crate) use card_vault::{NoVault, SealedVault};
pub(crate) use clock::SystemClock;
pub(crate) use dice::OsDice;
pub(crate) use password::ArgonHasher;
pub(crate) use publisher::LivePublisher;
pub use token::WeakSecret;
pub(crate) use token::{JwtSigner, check_secret};
