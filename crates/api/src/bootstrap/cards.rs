//! The vault of identity cards.

use std::{io, sync::Arc};

use domain::agency::CardVault;

use super::StartError;
use crate::{
    adapters::{NoVault, OsDice, SealedVault},
    config::{Secret, Settings},
    embedded::{self, CARD_HASH_KEY_FILE, CARD_KEY_FILE},
};

/// The vault with the keys of the settings; with the embedded default, with keys that are made once. A server without keys
/// runs, and takes no cards: whoever has no agencies needs none, and one that would not start for want of them would keep
/// everybody else from being served.
///
/// # Errors
/// [`StartError`], when the keys protect nothing.
pub(super) fn card_vault(settings: &Settings) -> Result<Arc<dyn CardVault>, StartError> {
    let cards = &settings.cards;
    let is_embedded = settings.database_url.is_none();
    let (Some(key), Some(hash_key)) = (
        given_or_kept(settings, cards.key.as_ref(), is_embedded, CARD_KEY_FILE)?,
        given_or_kept(settings, cards.hash_key.as_ref(), is_embedded, CARD_HASH_KEY_FILE)?,
    ) else {
        if cards.key.is_some() || cards.hash_key.is_some() {
            return Err(StartError::OneCardKey);
        }
        tracing::warn!("without CARD_KEY and CARD_HASH_KEY nobody can apply to be an agency or a host");
        return Ok(Arc::new(NoVault));
    };
    let old: Vec<_> = cards.old.iter().map(|(id, key)| (id.clone(), key.reveal())).collect();
    Ok(Arc::new(SealedVault::new((cards.id.clone(), &key), &old, &hash_key)?))
}

fn given_or_kept(
    settings: &Settings,
    given: Option<&Secret>,
    is_embedded: bool,
    file: &str,
) -> Result<Option<String>, StartError> {
    let failed = |error: io::Error| StartError::Io("the kept keys of identity cards".to_owned(), error);
    match given {
        Some(key) => Ok(Some(key.reveal().to_owned())),
        None if is_embedded => embedded::kept(&settings.data_dir, file, &OsDice).map(Some).map_err(failed),
        None => Ok(None),
    }
}
