#!/usr/bin/env bash
# The test command: servers first, then every test. Arguments select: test/run.sh src/engine/domain/coupon.test.ts
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian keeps database servers in sbin, which is not on the PATH of ordinary users.
export PATH="$PATH:/usr/local/sbin:/usr/sbin"

bash test/ensure-servers.sh
exec node test/runner/run.js "$@"
