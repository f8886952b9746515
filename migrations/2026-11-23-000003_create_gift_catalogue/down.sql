DROP TABLE gift_catalogue;
