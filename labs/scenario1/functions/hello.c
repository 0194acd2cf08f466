// SPDX-License-Identifier: GPL-2.0-only
/*
 * GET /hello: greets, and says which address called. ?size=N makes the body exactly N bytes long,
 * for bandwidth checks. hello.py and hello.sh do the same in their languages.
 */
#include <labctl/function.h>

#include <errno.h>

static int bad_size(struct function_answer *out)
{
	char text[64];

	out->status = 400;
	snprintf(text, sizeof(text), "size must be a number from 1 to %u\n", FUNCTION_BODY_MAX);
	return function_answer_text(out, text);
}

/* The greeting, cut or padded with dots to exactly `size` bytes, the last one a newline. */
static int greet(struct function_answer *out, const char *greeting, size_t size)
{
	size_t len = strlen(greeting);
	char *body = malloc(size + 1);

	if (!body)
		return -1;
	memset(body, '.', size);
	memcpy(body, greeting, len < size ? len : size);
	body[size - 1] = '\n';
	out->body = body;
	out->body_len = size;
	return 0;
}

static int hello(const struct function_event *ev, struct function_answer *out)
{
	const char *client = function_event_header(ev, "X-Forwarded-For");
	const char *wanted = function_event_query(ev, "size");
	char greeting[256], *end;
	size_t size;

	snprintf(greeting, sizeof(greeting), "Hello, %s, from function %s in %s",
		 client ? client : "whoever you are", getenv("FC_FUNCTION_NAME"),
		 getenv("FC_REGION"));
	size = strlen(greeting) + 1;
	if (wanted) {
		errno = 0;
		size = strtoul(wanted, &end, 10);
		if (errno || *end || *wanted < '0' || *wanted > '9' || size < 1 ||
		    size > FUNCTION_BODY_MAX)
			return bad_size(out);
	}
	if (function_answer_header(out, "Content-Type", "text/plain; charset=utf-8"))
		return -1;
	return greet(out, greeting, size);
}

FUNCTION_MAIN(hello)
