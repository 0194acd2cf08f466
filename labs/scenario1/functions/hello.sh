#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# GET /hello as hello.c does it, with nothing but a shell and sed: a function can be that small.
# Set `code: functions/hello.sh` in the lab file to use it.
set -eu
event=$(cat)

# The value of a string member of the event, wherever it stands. Enough for addresses and numbers; a
# handler that needs more of JSON is better written in something that has a parser.
member() {
  printf %s "$event" | tr '\n' ' ' |
    sed -nE "s/.*\"$1\" *: *\"([A-Za-z0-9.:, -]*)\".*/\1/Ip"
}

client=$(member X-Forwarded-For)
size=$(member size)
status=200
body="Hello, ${client:-whoever you are}, from function $FC_FUNCTION_NAME in $FC_REGION"
if printf %s "$event" | grep -q '"size" *:'; then
  case $size in
  '' | *[!0-9]* | ????????*) size=0 ;;
  esac
  if [ "$size" -lt 1 ] || [ "$size" -gt 4194304 ]; then
    status=400
    body="size must be a number from 1 to 4194304"
  elif [ "$size" -le "${#body}" ]; then
    body=$(printf %s "$body" | head -c $((size - 1)))
  else
    body=$body$(head -c $((size - 1 - ${#body})) /dev/zero | tr '\0' .)
  fi
fi
printf '{"isBase64Encoded": false, "statusCode": %s, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": "%s\\n"}\n' \
  "$status" "$body"
