//! All routes. Nothing else registers one.
//!
//! What is registered in [`described`] is described by the same act: the OpenAPI document is made of it, and a gate in the
//! tests compares the two with what the tests really called.

use std::sync::Arc;

use actix_web::{
    dev::ServiceFactory,
    dev::ServiceRequest,
    web::{self, Data, ServiceConfig},
};
use utoipa_actix_web::{AppExt as _, scope, service_config::ServiceConfig as DescribedConfig};

use super::{
    account, admin, agency, avatar, chat, contributions, docs, exchange, gifts, greeting, health, host_income, hosts,
    income, live_session, not_found, policies, profile, rankings, salaries,
};
use crate::{
    hub::Hub,
    realtime::{self, Endpoint},
};

/// Adds every route to an application.
pub(crate) fn add_to<T>(app: actix_web::App<T>, live: &Arc<Endpoint<Hub>>) -> actix_web::App<T>
where
    T: ServiceFactory<ServiceRequest, Config = (), Error = actix_web::Error, InitError = ()>,
{
    let (app, document) = app.into_utoipa_app().openapi(docs::base()).configure(described).split_for_parts();
    let document = docs::complete(document);
    let text: Arc<str> = serde_json::to_string(&document).unwrap_or_default().into();
    let app = app.app_data(Data::new(docs::Served(text)));
    app.configure(|config| live_rooms(config, live)).configure(undescribed)
}

/// The routes of the API.
fn described(config: &mut DescribedConfig<'_>) {
    config
        .service(greeting::greet)
        .service(health::live)
        .service(health::ready)
        .service(avatar::serve)
        // Before `/api`, which would take its paths.
        .service(
            scope("/api/auth")
                .configure(own_profile)
                .service(account::change_password)
                .service(account::log_out_everywhere),
        )
        .service(scope("/api/admin").configure(administration).configure(salary_policies))
        .service(scope("/api/agency").configure(agencies).configure(salaries_of_agency))
        .service(scope("/api/hosts").configure(own_hosting))
        .service(scope("/api/chat").configure(private_messages))
        .service(
            scope("/api/income")
                .service(income::balance)
                .service(income::history)
                .service(income::live_current)
                .service(exchange::make)
                .service(exchange::history),
        )
        .service(scope("/api/live-session").configure(live_sessions))
        .service(
            scope("/api")
                .configure(own_profile)
                .service(account::register)
                .service(account::login)
                .service(gifts::catalogue)
                .service(gifts::send)
                .service(contributions::list)
                .service(rankings::fans)
                .service(rankings::hosts)
                .service(host_income::today)
                .service(host_income::week)
                .service(host_income::month)
                .service(host_income::category)
                .service(host_income::history),
        );
}

/// The caller's profile, which the design names below `/api` and the apps call below `/api/auth`.
fn own_profile(config: &mut DescribedConfig<'_>) {
    config.service(profile::read).service(profile::update).service(avatar::upload);
}

/// What administrators do.
fn administration(config: &mut DescribedConfig<'_>) {
    config
        .service(admin::agencies)
        .service(admin::pending_agencies)
        .service(admin::approve_agency)
        .service(admin::reject_agency)
        .service(admin::applications)
        .service(admin::approve_host)
        .service(admin::reject_host)
        .service(admin::hosts::list)
        .service(admin::people::ban)
        .service(admin::people::unban)
        .service(admin::people::agency_card)
        .service(admin::people::host_card)
        .service(admin::coins::grant)
        .service(admin::coins::correct)
        .service(admin::catalogue::list)
        .service(admin::catalogue::add)
        .service(admin::catalogue::change)
        .service(admin::books::audit)
        .service(admin::books::log);
}

/// Agencies, for whoever applies for one and for their owners.
fn agencies(config: &mut DescribedConfig<'_>) {
    config
        .service(agency::apply)
        .service(agency::profile)
        .service(agency::applications::invite)
        .service(agency::applications::approve)
        .service(agency::applications::reject)
        .service(agency::applications::list)
        .service(agency::figures::stats)
        .service(agency::figures::hosts)
        .service(agency::figures::income)
        .service(agency::figures::income_within)
        .service(agency::totals::live_stats)
        .service(agency::totals::live_stats_within)
        .service(agency::totals::total_income)
        .service(agency::members::list)
        .service(agency::members::remove)
        .service(agency::members::active_days);
}

/// How a user becomes a host, ceases to be one, and what he is paid.
fn own_hosting(config: &mut DescribedConfig<'_>) {
    config
        .service(hosts::apply)
        .service(hosts::invitations)
        .service(hosts::accept)
        .service(hosts::decline)
        .service(hosts::withdraw)
        .service(hosts::leave)
        .service(salaries::own::list)
        .service(salaries::own::read);
}

/// What agencies pay their hosts, by policies that administrators make.
fn salaries_of_agency(config: &mut DescribedConfig<'_>) {
    config
        .service(salaries::list)
        .service(salaries::approve)
        .service(salaries::reject)
        .service(salaries::named::approve)
        .service(salaries::named::reject)
        .service(salaries::statement::read);
}

/// The policies themselves.
fn salary_policies(config: &mut DescribedConfig<'_>) {
    config.service(policies::list).service(policies::activate).service(policies::dry_run);
}

/// Private messages between two users.
fn private_messages(config: &mut DescribedConfig<'_>) {
    config
        .service(chat::reading::conversations)
        .service(chat::reading::messages)
        .service(chat::send)
        .service(chat::block)
        .service(chat::unblock);
}

/// When hosts are live.
fn live_sessions(config: &mut DescribedConfig<'_>) {
    config
        .service(live_session::start)
        .service(live_session::end)
        .service(live_session::heartbeat)
        .service(live_session::duration_today);
}

/// Live rooms. With and without the slash: clients differ.
fn live_rooms(config: &mut ServiceConfig, live: &Arc<Endpoint<Hub>>) {
    for path in ["/socket.io", "/socket.io/"] {
        let rooms = web::resource(path).app_data(Data::from(Arc::clone(live)));
        config.service(rooms.route(web::to(realtime::answer::<Hub>)));
    }
}

/// The description itself, the page to read it, and the answer to everything else.
fn undescribed(config: &mut ServiceConfig) {
    config
        .service(docs::serve_document)
        .service(web::redirect("/docs", "/docs/"))
        .service(docs::page())
        .default_service(web::to(not_found));
}
