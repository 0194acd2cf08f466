// SPDX-License-Identifier: GPL-2.0-only
/* labctl-capture: what `labctl capture` becomes. Standard input: what capture_spec_read() reads. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "capture/capture.h"

static int run(const json_t *json, struct lab_error **err)
{
	struct capture_spec spec;
	int rc = capture_spec_read(json, &spec, err);

	if (!rc)
		rc = capture_run(&spec, err);
	free(spec.points);
	return rc;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	json_error_t why;
	json_t *json = json_loadf(stdin, JSON_REJECT_DUPLICATES, &why);
	int rc;

	if (!json) {
		fprintf(stderr, "labctl-capture: standard input: %s\n", why.text);
		return LAB_USAGE;
	}
	rc = run(json, &err);
	json_decref(json);
	if (!rc)
		return LAB_OK;
	fprintf(stderr, "labctl: capture: %s\n", lab_error_message(err));
	if (lab_error_hint_get(err))
		fprintf(stderr, "hint: %s\n", lab_error_hint_get(err));
	return (int)lab_error_status(err);
}
