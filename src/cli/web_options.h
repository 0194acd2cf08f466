// SPDX-License-Identifier: GPL-2.0-only
/** The command line of labctl web: cli_argp_web fills these in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct web_options {
	const char *lab;
	uint32_t address; /* to listen at, host byte order */
	uint16_t port;    /* 0: a free one */
	bool control, all;
};
