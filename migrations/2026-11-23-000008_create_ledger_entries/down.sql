DROP VIEW ledger_entries;
