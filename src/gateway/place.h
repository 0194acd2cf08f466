// SPDX-License-Identifier: GPL-2.0-only
/** Where in a request a parameter is. */
#pragma once

enum gateway_place { GATEWAY_IN_PATH, GATEWAY_IN_QUERY, GATEWAY_IN_HEAD, GATEWAY_IN_BODY };
