//! Callers of the areas that speak English: owners, hosts and administrators.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::{id::UserId, idempotency::Actor, user::Role};
use serde::de::DeserializeOwned;

use super::body::json;
use crate::{auth::authenticate, error::ApiError};

/// Who calls, in an area that refuses tokens in English.
///
/// # Errors
/// 401 without a token, 403 or 404 with one that is not good.
pub(super) async fn caller(request: &HttpRequest) -> Result<UserId, ApiError> {
    authenticate(request).await.map(|caller| caller.0.user_id).map_err(ApiError::in_english)
}

/// Who calls, when he is an administrator.
///
/// # Errors
/// Those of [`caller`], and 403 for everybody else.
pub(super) async fn administrator(request: &HttpRequest) -> Result<Actor, ApiError> {
    let caller = authenticate(request).await.map_err(ApiError::in_english)?.0;
    if caller.role == Role::Admin { Ok(Actor::User(caller.user_id)) } else { Err(ApiError::not_an_admin()) }
}

/// A caller and his JSON body, looked at in this order.
pub(super) struct EnglishBody<T> {
    pub(super) caller: UserId,
    pub(super) body: T,
}

/// An administrator and his JSON body, looked at in this order.
pub(super) struct AdminBody<T> {
    pub(super) actor: Actor,
    pub(super) body: T,
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for EnglishBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = caller(&request).await?;
            Ok(Self { caller, body: json(&request, payload).await? })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for AdminBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let actor = administrator(&request).await?;
            Ok(Self { actor, body: json(&request, payload).await? })
        })
    }
}
