#!/bin/sh
# Starts Postgres; where there are no data yet, builds them from the seed, and from no seed that was damaged.
set -eu
programs=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
data=/srv/data
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }

if [ ! -e /srv/built ]; then
  (cd /srv/seed && sha256sum --check --quiet SHA256)
  rm -rf $data && mkdir $data && chown postgres $data
  mkdir -p /var/run/postgresql && chown postgres /var/run/postgresql
  as_postgres "$programs/initdb" -D $data -A trust -U postgres --no-sync -E UTF8 --locale=C >/dev/null
  echo 'host all all all trust' >>$data/pg_hba.conf
  as_postgres "$programs/pg_ctl" -D $data -w -o "-c listen_addresses=''" start >/dev/null
  as_postgres psql -q -v ON_ERROR_STOP=1 <<'SQL'
create role reco login;
create database reco owner reco;
\connect reco reco
create table rating (reader integer not null, title integer not null, stars integer not null);
create table neighbour (reader integer not null, peer integer not null, weight real not null);
\copy rating from /srv/seed/ratings.csv csv
\copy neighbour from /srv/seed/neighbours.csv csv
create index rating_reader on rating (reader);
create index neighbour_reader on neighbour (reader);
analyze;
SQL
  as_postgres "$programs/pg_ctl" -D $data -w -m fast stop >/dev/null
  touch /srv/built
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/postgres" -D $data \
  -c listen_addresses='*' -c max_connections=30 -c fsync=off
