#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""GET /hello as hello.c does it: set `code: functions/hello.py` in the lab file to use it."""
import json
import os
import sys

BODY_MAX = 4 << 20


def hello(event):
    headers = {k.lower(): v for k, v in event.get("headers", {}).items()}
    client = headers.get("x-forwarded-for", "whoever you are")
    body = f"Hello, {client}, from function {os.environ['FC_FUNCTION_NAME']} in {os.environ['FC_REGION']}\n"
    size = event.get("queryParameters", {}).get("size")
    if size is not None:
        if not (size.isascii() and size.isdigit() and 1 <= int(size) <= BODY_MAX):
            return 400, f"size must be a number from 1 to {BODY_MAX}\n"
        body = body[: int(size) - 1].rstrip("\n").ljust(int(size) - 1, ".") + "\n"
    return 200, body


def main():
    status, body = hello(json.load(sys.stdin))
    json.dump(
        {
            "isBase64Encoded": False,
            "statusCode": status,
            "headers": {"Content-Type": "text/plain; charset=utf-8"},
            "body": body,
        },
        sys.stdout,
    )


main()
