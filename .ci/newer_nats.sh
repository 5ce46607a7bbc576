#!/usr/bin/env bash
# Unpacks the nats-server of Debian's unstable suite below a folder and prints the path of its binary; installs nothing.
# Stable suites have servers that lose what they acknowledged; tests take them, production must not:
#   NANO_NATS_SERVER=$(.ci/newer_nats.sh /tmp/nats) deno task test tests/servers
set -euo pipefail

folder=$(mkdir -p "${1:?usage: newer_nats.sh FOLDER}" && cd "$1" && pwd)
binary=$folder/root/usr/sbin/nats-server

if [[ ! -x $binary ]]; then
  # Where apt finds packages here already
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | sort -u | head -n 1)
  if [[ -z $mirror ]]; then
    printf 'apt knows no mirror of Debian.\n' >&2
    exit 1
  fi
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s sid main\n' "$mirror" > "$folder/sources.list"
  own=(
    -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root
  )
  apt-get "${own[@]}" update -qq >&2
  (cd "$folder" && apt-get "${own[@]}" download -qq nats-server >&2)
  dpkg -x "$folder"/nats-server_*.deb "$folder/root"
fi

printf '%s\n' "$binary"
