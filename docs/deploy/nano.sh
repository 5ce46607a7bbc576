#!/bin/sh
# The command "nano" of an image or of a machine that runs NANO from its source in /opt/nano.
# "exec", so that signals and systemd's main process are NANO itself; "--cached-only", so that NANO never downloads
# itself; the flags after it are those of "deno task start".
export DENO_DIR="${DENO_DIR:-/opt/nano/.deno}"
exec deno run --no-prompt --cached-only -A --v8-flags=--wasm-max-table-size=1000000,--no-turboshaft-loop-unrolling,--expose-gc,--no-memory-pool,--no-memory-pool-share-memory-on-teardown /opt/nano/admin/cli/main.ts "$@"
