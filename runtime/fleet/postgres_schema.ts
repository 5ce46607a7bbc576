/** The tables of a fleet in a PostgreSQL database, and the statements on them. */

/** Nodes that start at once make them one after the other; any number that is not used elsewhere. */
const MAKING_LOCK = 1_312_902_735;

/** Statements, each a transaction of its own. */
export interface PostgresSql {
  readonly isThere: string;
  /** All of it in one transaction. */
  readonly make: string;
  readonly head: string;
  readonly found: string;
  readonly replace: string;
  readonly since: string;
  readonly write: string;
  readonly record: string;
  readonly touchBlob: string;
  readonly beginBlob: string;
  readonly chunk: string;
  readonly endBlob: string;
  readonly blob: string;
  readonly readChunk: string;
  readonly removeBlobs: string;
  readonly forgetHolds: string;
  readonly take: string;
  readonly holder: string;
  readonly release: string;
  readonly announce: string;
  readonly nodes: string;
  readonly listen: string;
}

/** @param space a name that needs no quotes */
export function postgresSql(space: string): PostgresSql {
  const later = (parameter: string) => `now() + ${parameter} * interval '1 millisecond'`;
  return {
    isThere: `select to_regclass('${space}.node') is not null as is_there`,
    make: `begin;
select pg_advisory_xact_lock(${MAKING_LOCK});
create schema if not exists ${space};
create table if not exists ${space}.head (one boolean primary key default true check (one), revision bigint not null, epoch text not null);
create table if not exists ${space}.record (key text primary key, revision bigint not null unique, body text not null);
create table if not exists ${space}.blob (sha256 text primary key, chunks integer, kept_at timestamptz not null);
create table if not exists ${space}.chunk (sha256 text not null references ${space}.blob on delete cascade, at integer not null, bytes bytea not null, primary key (sha256, at));
create table if not exists ${space}.hold (name text primary key, holder text not null, until timestamptz not null);
create table if not exists ${space}.node (name text primary key, report text not null, until timestamptz not null);
commit`,
    head: `select revision, epoch from ${space}.head`,
    found: `insert into ${space}.head (revision, epoch) values (1, $1) on conflict do nothing`,
    replace: `update ${space}.head set epoch = $1, revision = revision + 1 where epoch = $2`,
    since: `select revision, body from ${space}.record where revision > $1 order by revision limit $2`,
    // Who waits for the row looks at it again before it is changed: of two on one head the second finds none.
    write: `with moved as (
  update ${space}.head set revision = revision + 1 where revision = $1 and epoch = $2
  and ($5::bigint is null or $5 = coalesce((select revision from ${space}.record where key = $3), 0)) returning revision
), stored as (
  insert into ${space}.record (key, revision, body) select $3, revision, $4 from moved
  on conflict (key) do update set revision = excluded.revision, body = excluded.body returning revision
) select revision, pg_notify('${space}', '') from stored`,
    record: `select revision, body from ${space}.record where key = $1`,
    touchBlob: `update ${space}.blob set kept_at = now() where sha256 = $1 and chunks is not null`,
    beginBlob: `insert into ${space}.blob (sha256, kept_at) values ($1, now())
on conflict (sha256) do update set kept_at = now()`,
    chunk: `insert into ${space}.chunk (sha256, at, bytes) values ($1, $2, $3)
on conflict (sha256, at) do update set bytes = excluded.bytes`,
    endBlob: `update ${space}.blob set chunks = $2, kept_at = now() where sha256 = $1`,
    blob: `select chunks from ${space}.blob where sha256 = $1 and chunks is not null`,
    readChunk: `select bytes from ${space}.chunk where sha256 = $1 and at = $2`,
    removeBlobs: `delete from ${space}.blob where not (sha256 = any($1))
and kept_at < now() - $2 * interval '1 millisecond'`,
    forgetHolds: `delete from ${space}.hold where until < now()`,
    take: `insert into ${space}.hold (name, holder, until) values ($1, $2, ${later("$3")})
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where hold.until < now() or ($4 and hold.holder = excluded.holder)`,
    holder: `select holder from ${space}.hold where name = $1 and until >= now()`,
    release: `delete from ${space}.hold where name = $1 and holder = $2`,
    announce: `insert into ${space}.node (name, report, until) values ($1, $2, ${later("$3")})
on conflict (name) do update set report = excluded.report, until = excluded.until`,
    nodes:
      `select report, extract(epoch from until) * 1000 - $1 as heard_at from ${space}.node where until > now() order by name collate "C"`,
    listen: `listen ${space}`,
  };
}
