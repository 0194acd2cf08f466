// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whose calls an API takes: AppKey and signature, or AppCode; then whether the app is authorized for the
 * API in this stage. X-Ca-Timestamp and X-Ca-Nonce may be missing unless the API forces the nonce check.
 */
#pragma once

#include "gateway/config.h"

struct gateway_call;

/** Whether the app is authorized for the API in that stage. */
bool gateway_auth_granted(const struct gateway_api *api, int stage, const struct gateway_app *app);

/** A step of the chain: false where the call was refused. Sets c->app. */
bool gateway_authorize(struct gateway_call *c);
