#!/bin/sh
# AWS's rule: without a Runtime API (so, outside Lambda) the runtime interface emulator plays it.
if [ $# -ne 1 ]; then
    echo "entrypoint requires the handler name to be the first argument" >&2
    exit 142
fi
export _HANDLER="$1"
set -- /usr/bin/python3 -m awslambdaric "$1"
if [ -z "${AWS_LAMBDA_RUNTIME_API}" ]; then
    exec /usr/local/bin/aws-lambda-rie "$@"
fi
exec "$@"
