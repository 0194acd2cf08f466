// SPDX-License-Identifier: GPL-2.0-only
#include "wire/prompt.h"

bool wire_prompt_count(struct wire_prompt *p, uint64_t worked, uint64_t slept)
{
	const bool before = p->ordinary;

	/* more than twice the limit would be repaid in sleep for nothing */
	p->worked += worked;
	if (p->worked > 2 * WIRE_PROMPT_NS)
		p->worked = 2 * WIRE_PROMPT_NS;
	if (p->worked > WIRE_PROMPT_NS)
		p->ordinary = true;
	p->worked -= p->worked < slept ? p->worked : slept;
	if (!p->worked)
		p->ordinary = false;
	return p->ordinary != before;
}
