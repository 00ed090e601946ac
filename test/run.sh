#!/usr/bin/env bash
# Runs the tests on the build as it is: all of them, or those of the files that are named.
# test/run.sh src/engine/domain/coupon.test.ts
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian keeps database servers in sbin, which is not on the PATH of ordinary users.
export PATH="$PATH:/usr/local/sbin:/usr/sbin"

exec node test/runner/run.js "$@"
