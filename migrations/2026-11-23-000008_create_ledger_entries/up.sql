-- Every movement as two entries that add up to zero: what one account gains, another loses.
-- Accounts: user_coins and user_diamonds (of a user), mint (coins come from it), platform (takes gifts, pays diamonds).
CREATE VIEW ledger_entries (source, source_id, currency, account, user_id, amount, created_at) AS
  SELECT 'gifts', id, 'coins', 'user_coins', sender_id, -total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'gifts', id, 'coins', 'platform', NULL, total_cost, created_at FROM gifts
  UNION ALL
  SELECT 'host_income', id, 'diamonds', 'user_diamonds', host_id, income, created_at FROM host_income
  UNION ALL
  SELECT 'host_income', id, 'diamonds', 'platform', NULL, -income, created_at FROM host_income
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'user_coins', user_id, amount, created_at FROM coin_movements
  UNION ALL
  SELECT 'coin_movements', id, 'coins', 'mint', NULL, -amount, created_at FROM coin_movements;
