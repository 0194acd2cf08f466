// SPDX-License-Identifier: GPL-2.0-only
/* The cheapest process that can be started: it waits for a signal. Linked statically. */
#include <unistd.h>

int main(void)
{
	return pause();
}
