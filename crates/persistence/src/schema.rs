// Generated from the database: UPDATE_SCHEMA=1 cargo test -p persistence schema

diesel::table! {
    agencies (id) {
        id -> BigInt,
        owner_id -> BigInt,
        family_name -> Text,
        region -> Nullable<Text>,
        phone -> Nullable<Text>,
        status -> Text,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        card_key -> Nullable<Text>,
        card_sealed -> Nullable<Bytea>,
        card_hash -> Nullable<Bytea>,
        card_masked -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject_kind -> Text,
        subject_key -> Text,
        before -> Jsonb,
        after -> Jsonb,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    coin_movements (id) {
        id -> BigInt,
        user_id -> BigInt,
        kind -> Text,
        amount -> BigInt,
        reference -> Text,
        actor_id -> Nullable<BigInt>,
        reason -> Text,
        created_at -> Timestamptz,
        exchange_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    conversation_members (conversation_id, user_id) {
        conversation_id -> BigInt,
        user_id -> BigInt,
        last_message_id -> Nullable<BigInt>,
        last_read_id -> BigInt,
    }
}

diesel::table! {
    conversations (id) {
        id -> BigInt,
        user_low -> BigInt,
        user_high -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    diamond_movements (id) {
        id -> BigInt,
        host_id -> BigInt,
        income -> BigInt,
        #[sql_name = "type"]
        type_ -> Text,
        created_at -> Timestamptz,
        exchange_id -> Nullable<BigInt>,
        salary_request_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    exchanges (id) {
        id -> BigInt,
        host_id -> BigInt,
        diamonds -> BigInt,
        income -> BigInt,
        rate_bp -> Integer,
        coins -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    fan_totals (host_id, fan_id) {
        host_id -> BigInt,
        fan_id -> BigInt,
        hour_starts_at -> Timestamptz,
        hour_coins -> BigInt,
        day_starts_at -> Timestamptz,
        day_coins -> BigInt,
        week_starts_at -> Timestamptz,
        week_coins -> BigInt,
        month_starts_at -> Timestamptz,
        month_coins -> BigInt,
        all_coins -> BigInt,
        reached_at -> Timestamptz,
    }
}

diesel::table! {
    gift_catalogue (key) {
        key -> Text,
        name -> Text,
        coin_value -> BigInt,
        category -> Text,
        host_share_bp -> Integer,
        is_active -> Bool,
        sort_order -> Integer,
        size_class -> Text,
    }
}

diesel::table! {
    gifts (id) {
        id -> BigInt,
        sender_id -> BigInt,
        receiver_id -> BigInt,
        gift_key -> Text,
        gift_name -> Text,
        category -> Text,
        coin_value -> BigInt,
        quantity -> Integer,
        total_cost -> BigInt,
        host_share_bp -> Integer,
        host_income -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    host_applications (id) {
        id -> BigInt,
        host_id -> BigInt,
        agency_id -> BigInt,
        invited_by -> Nullable<BigInt>,
        name -> Nullable<Text>,
        gender -> Nullable<Text>,
        status -> Text,
        withdrawal -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        closed_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        card_key -> Nullable<Text>,
        card_sealed -> Nullable<Bytea>,
        card_hash -> Nullable<Bytea>,
        card_masked -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    host_totals (host_id, period, starts_at) {
        host_id -> BigInt,
        period -> Text,
        starts_at -> Timestamptz,
        coins -> BigInt,
        gifts -> BigInt,
        normal_income -> BigInt,
        luxury_income -> BigInt,
        lucky_income -> BigInt,
        s_lucky_income -> BigInt,
        reached_at -> Timestamptz,
        coins_step -> Integer,
    }
}

diesel::table! {
    idempotency_keys (actor_id, key) {
        actor_id -> BigInt,
        key -> Text,
        operation -> Text,
        fingerprint -> Bytea,
        outcome -> Json,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    live_session_viewers (session_id, user_id) {
        session_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    live_sessions (id) {
        id -> BigInt,
        host_id -> BigInt,
        room_id -> Nullable<Text>,
        start_time -> Timestamptz,
        end_time -> Nullable<Timestamptz>,
        duration_seconds -> Integer,
        total_income -> BigInt,
        total_viewers -> Integer,
        created_at -> Timestamptz,
        last_sign_at -> Timestamptz,
    }
}

diesel::table! {
    membership_totals (membership_id, period, starts_at) {
        membership_id -> BigInt,
        host_id -> BigInt,
        agency_id -> BigInt,
        period -> Text,
        starts_at -> Timestamptz,
        income -> BigInt,
        lives -> BigInt,
        viewers -> BigInt,
        live_seconds -> BigInt,
        valid_micros -> BigInt,
    }
}

diesel::table! {
    memberships (id) {
        id -> BigInt,
        host_id -> BigInt,
        agency_id -> BigInt,
        application_id -> Nullable<BigInt>,
        starts_at -> Timestamptz,
        ends_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    pending_rollups (id) {
        id -> BigInt,
        hour_starts_at -> Timestamptz,
        day_starts_at -> Timestamptz,
        week_starts_at -> Timestamptz,
        month_starts_at -> Timestamptz,
        gift_ids -> Array<Nullable<BigInt>>,
    }
}

diesel::table! {
    private_messages (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        sender_id -> BigInt,
        content -> Text,
        is_hidden_from_recipient -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    salary_policies (number) {
        number -> Integer,
        monday -> Date,
        year -> Integer,
        week_number -> Integer,
        policy -> Jsonb,
        activated_by -> Nullable<BigInt>,
        activated_at -> Timestamptz,
    }
}

diesel::table! {
    salary_requests (id) {
        id -> BigInt,
        host_id -> BigInt,
        monday -> Date,
        year -> Integer,
        week_number -> Integer,
        agency_id -> BigInt,
        salary_amount -> BigInt,
        total_lives -> Integer,
        status -> Text,
        payout -> Nullable<BigInt>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    salary_statements (host_id, monday) {
        host_id -> BigInt,
        monday -> Date,
        policy_number -> Nullable<Integer>,
        agency_id -> Nullable<BigInt>,
        gift_diamonds -> BigInt,
        salary_amount -> BigInt,
        total_lives -> Integer,
        inputs -> Jsonb,
        statement -> Text,
        closed_at -> Timestamptz,
    }
}

diesel::table! {
    salary_weeks (monday) {
        monday -> Date,
        follows -> Nullable<Date>,
        closed_at -> Timestamptz,
    }
}

diesel::table! {
    totals_calendar (is_only) {
        is_only -> Bool,
        zone -> Text,
    }
}

diesel::table! {
    user_blocks (blocker_id, blocked_id) {
        blocker_id -> BigInt,
        blocked_id -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_ids (id) {
        id -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        phone -> Text,
        password -> Text,
        name -> Text,
        avatar_url -> Nullable<Text>,
        gender -> Nullable<Text>,
        age -> Nullable<Integer>,
        signature -> Nullable<Text>,
        balance -> BigInt,
        level -> Integer,
        vip_level -> Integer,
        role -> Text,
        token_epoch -> Integer,
        banned_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    agencies,
    audit_log,
    coin_movements,
    conversation_members,
    conversations,
    diamond_movements,
    exchanges,
    fan_totals,
    gift_catalogue,
    gifts,
    host_applications,
    host_totals,
    idempotency_keys,
    live_session_viewers,
    live_sessions,
    membership_totals,
    memberships,
    pending_rollups,
    private_messages,
    salary_policies,
    salary_requests,
    salary_statements,
    salary_weeks,
    totals_calendar,
    user_blocks,
    user_ids,
    users,
);
