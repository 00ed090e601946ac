/** Stores the shop's own tables. A statement is durable when it returns: the shop relies on it before it calls Seonchak. */
import Database from 'libsql';

const TABLES = `
  create table if not exists setting (name text primary key, value text not null);
  create table if not exists received (message_id text primary key);
  create table if not exists session (token text primary key, member text not null);
  create table if not exists orders (
    id text primary key, member text not null, issue_no integer,
    state text not null check (state in ('placing', 'placed', 'refused', 'cancelling', 'cancelled')),
    reason text
  );
  create table if not exists seat (
    issue_no integer primary key, member text not null, order_id text not null, confirm_by text not null,
    state text not null check (state in ('held', 'paying', 'paid', 'refunded', 'leaving', 'left', 'expired'))
  );
  create table if not exists winner (
    coupon integer not null, issue_no integer not null, member text not null, order_id text,
    primary key (coupon, issue_no)
  );
  create table if not exists revoked (
    coupon integer not null, issue_no integer not null,
    primary key (coupon, issue_no)
  );
`;

export function openShopDatabase(path) {
  const database = new Database(path);
  // Another process may read the file while a start recovers it.
  database.exec('pragma busy_timeout = 10000');
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec(TABLES);
  return database;
}

export function setting(database, name) {
  return database.prepare('select value from setting where name = ?').get(name)?.value;
}

export function saveSetting(database, name, value) {
  database
    .prepare('insert into setting values (?, ?) on conflict (name) do update set value = excluded.value')
    .run(name, value);
}

/** All of it or nothing. */
export function inTransaction(database, steps) {
  database.exec('begin immediate');
  try {
    steps();
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}
