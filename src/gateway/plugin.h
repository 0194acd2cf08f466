// SPDX-License-Identifier: GPL-2.0-only
/** Plug-ins that are bound to an API in a stage, each as the vendor documents it. */
#pragma once

#include "gateway/config.h"

struct gateway_call;

/** Of that kind, bound to the API in the stage; NULL: none. */
const struct gateway_plugin *gateway_plugin_of(const struct gateway_api *api, int stage,
					       enum gateway_plugin_kind kind);

/** ipControl: whether a call from that address, of that app (NULL: not known), is let through. */
bool gateway_ip_allowed(const struct gateway_ip_control *ip, uint32_t address,
			const struct gateway_app *app);

/** Whether it looks at apps, and so has to wait for who calls. */
bool gateway_ip_needs_app(const struct gateway_ip_control *ip);

/** The limit of an app's calls in a unit; 0: none. */
uint32_t gateway_traffic_of_app(const struct gateway_traffic *t, const struct gateway_app *app);

/** Steps of the chain: false where the call was refused. The first one is before, the second after authorization. */
bool gateway_check_address(struct gateway_call *c);
bool gateway_check_address_of_app(struct gateway_call *c);
bool gateway_limit_traffic(struct gateway_call *c);
