-- What can be sent. Price, category and share of every gift come from here alone.
CREATE TABLE gift_catalogue (
  key varchar(64) NOT NULL CONSTRAINT gift_catalogue_pkey PRIMARY KEY,
  name varchar(100) NOT NULL,
  coin_value bigint NOT NULL,
  category varchar(20) NOT NULL,
  host_share_bp integer NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  sort_order integer NOT NULL,
  size_class varchar(10) NOT NULL DEFAULT 'normal',
  CONSTRAINT gift_catalogue_coin_value_within_range CHECK (coin_value BETWEEN 1 AND 1000000000),
  CONSTRAINT gift_catalogue_category_known CHECK (category IN ('normal', 'luxury', 'lucky', 's-lucky')),
  CONSTRAINT gift_catalogue_host_share_bp_within_range CHECK (host_share_bp BETWEEN 0 AND 10000),
  CONSTRAINT gift_catalogue_size_class_known CHECK (size_class IN ('normal', 'large'))
);

INSERT INTO gift_catalogue (key, name, coin_value, category, host_share_bp, sort_order, size_class) VALUES
  ('rose',       'Rose',        10,   'normal',  5000, 10,  'normal'),
  ('heart',      'Heart',       20,   'normal',  5000, 20,  'normal'),
  ('coffee',     'Coffee',      50,   'normal',  5000, 30,  'normal'),
  ('crown',      'Crown',       500,  'normal',  5000, 40,  'normal'),
  ('cute',       'Labu',        100,  's-lucky', 1000, 110, 'normal'),
  ('diamond',    'Milk tea',    100,  's-lucky', 1000, 120, 'normal'),
  ('maxi',       'Beach',       250,  's-lucky', 1000, 130, 'normal'),
  ('ring',       'Yellow Duck', 500,  's-lucky', 1000, 140, 'normal'),
  ('cupid',      'Carousel',    100,  'lucky',   1000, 210, 'normal'),
  ('sweetheart', 'Vacation',    200,  'lucky',   1000, 220, 'normal'),
  ('balon',      'Unicorn',     300,  'lucky',   1000, 230, 'normal'),
  ('burger',     'Burger',      2999, 'luxury',  5000, 310, 'large'),
  ('cake',       'Cake',        5000, 'luxury',  5000, 320, 'large');
