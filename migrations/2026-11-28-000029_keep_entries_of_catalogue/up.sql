-- An entry is taken off sale and never deleted: what was sent of it keeps its name in the record of administrators.
CREATE TRIGGER gift_catalogue_append_only BEFORE DELETE OR TRUNCATE ON gift_catalogue
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
