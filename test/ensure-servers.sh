#!/usr/bin/env bash
# Checks that the programs needed by the tests are installed.
# Arguments are Debian packages; test/runner/packages.js lists those of all tests. Installs what is missing if permitted;
# otherwise lists the missing packages and fails. Starts no server: every test starts its own servers on free ports.
set -euo pipefail

readonly LEAST_REDIS_MAJOR=7

# Debian installs servers into folders that are not on every user's PATH; the tests search them too.
PATH=$PATH:/usr/sbin:/usr/local/sbin

redis_major() {
  has redis-server || { echo 0; return; }
  redis-server --version | sed -nE 's/.* v=([0-9]+)\..*/\1/p'
}

has() {
  command -v "$1" >/dev/null
}

# Whether the programs of a package exist.
is_there() {
  case $1 in
    redis-server) [ "$(redis_major)" -ge "$LEAST_REDIS_MAJOR" ] ;;
    mariadb-server) has mariadbd || has mysqld ;;
    chromium-headless-shell) has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome ;;
    prometheus) has prometheus && has promtool ;;
    bsdutils) has script ;;
    *) has "$1" ;;
  esac
}

missing_packages() {
  local package
  for package in "$@"; do
    is_there "$package" || echo "$package"
  done
}

# Prints the command prefix for installing packages; fails if there is no permission.
privilege() {
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" -eq 0 ]; then
    echo env
  elif command -v sudo >/dev/null && sudo --non-interactive true 2>/dev/null; then
    echo 'sudo --non-interactive env'
  else
    return 1
  fi
}

install_packages() {
  local as_root policy=/usr/sbin/policy-rc.d
  as_root=$(privilege) || return 1
  # Debian starts a service as soon as its package is installed; exit code 101 prevents that. An existing policy is kept.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    # shellcheck disable=SC2064 # expanded now: the names are local
    trap "$as_root rm -f $policy" EXIT
  fi
  $as_root apt-get update -qq &&
    $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

readarray -t missing < <(missing_packages "$@")
[ "${#missing[@]}" -eq 0 ] && exit 0

echo "Installing packages for the tests: ${missing[*]}" >&2
if ! install_packages "${missing[@]}" >&2; then
  echo 'The packages could not be installed.' >&2
fi

hash -r
readarray -t missing < <(missing_packages "$@")
[ "${#missing[@]}" -eq 0 ] && exit 0

cat >&2 <<TEXT
Missing on the PATH: ${missing[*]}. The tests run against real servers and skip none. Install:
  redis-server    Redis $LEAST_REDIS_MAJOR or newer (redis-server)
  mariadb-server  MariaDB 10.11 or newer (mariadbd), or MySQL 8 (mysqld)
  chromium        browser for the tests of the console (chromium, chromium-browser or google-chrome)
  zsh, fish       shells, for the tests of the completion
  prometheus      Prometheus with promtool, for the dashboard and the alerts
  nginx, haproxy  reverse proxies, for the configurations in deploy/
  script          gives a command a terminal (bsdutils, util-linux)
On Debian and Ubuntu:
  sudo apt-get update && sudo apt-get install ${missing[*]}
TEXT
exit 1
