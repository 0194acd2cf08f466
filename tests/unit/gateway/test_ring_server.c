// SPDX-License-Identifier: GPL-2.0-only
#include "lib/ring_loop.h"

#define loop_send_together(l, send, arg) ((void)(send)) /* the ring does */

#include "unit/httpd/test_server.c"
