// SPDX-License-Identifier: GPL-2.0-only
/** The Internet: a router with public hosts, and a resolver that knows public names only. */
#pragma once

#include "model/service.h"
#include "model/types.h"

struct internet_host {
	struct named id;
	struct address ip;    /* a public one; absent: validate/ chooses one of 203.0.113.0/24 */
	struct text *domains; /* names that resolve to it everywhere */
	struct service *services;
	size_t n_domains, n_services;
};

struct internet {
	struct span at; /* line 0: the lab has none */
	struct internet_host *hosts;
	size_t n_hosts;
};
