// SPDX-License-Identifier: GPL-2.0-only
#include "capture/capture.h"

#include <stdlib.h>

static int text(const json_t *json, const char *key, const char **out, struct lab_error **err)
{
	*out = json_string_value(json_object_get(json, key));
	return *out ? 0 : lab_error_make(err, LAB_FAILED, "capture: \"%s\": no text", key);
}

static int number(const json_t *json, const char *key, json_int_t least, json_int_t *out,
		  struct lab_error **err)
{
	const json_t *n = json_object_get(json, key);

	*out = json_integer_value(n);
	return json_is_integer(n) && *out >= least
		       ? 0
		       : lab_error_make(err, LAB_FAILED, "capture: \"%s\": no number", key);
}

static int read_point(const json_t *json, struct capture_point *p, struct lab_error **err)
{
	json_int_t ns;

	if (text(json, "name", &p->name, err) || text(json, "dev", &p->dev, err) ||
	    text(json, "alias", &p->alias, err) || number(json, "ns", 0, &ns, err))
		return -1;
	p->ns = (int)ns;
	return 0;
}

int capture_spec_read(const json_t *json, struct capture_spec *spec, struct lab_error **err)
{
	const json_t *points = json_object_get(json, "points");
	json_int_t file, form, life, count;

	*spec = (struct capture_spec){0};
	if (text(json, "lab", &spec->lab, err) || text(json, "filter", &spec->filter, err) ||
	    number(json, "file", 0, &file, err) || number(json, "form", 0, &form, err) ||
	    number(json, "life", -1, &life, err) || number(json, "count", 0, &count, err))
		return -1;
	spec->file = (int)file;
	spec->life = (int)life;
	spec->form = (enum capture_form)form;
	spec->count = (uint64_t)count;
	spec->n_points = json_array_size(points);
	if (!spec->n_points || spec->n_points > CAPTURE_MAX_POINTS)
		return lab_error_make(err, LAB_FAILED, "capture: \"points\": not 1 to %d",
				      CAPTURE_MAX_POINTS);
	spec->points = calloc(spec->n_points, sizeof(*spec->points));
	if (!spec->points)
		abort();
	for (size_t i = 0; i < spec->n_points; i++)
		if (read_point(json_array_get(points, i), &spec->points[i], err))
			return -1;
	return 0;
}
