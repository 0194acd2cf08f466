// SPDX-License-Identifier: GPL-2.0-only
/* One HTTP request on a fresh connection, as curl(1) makes it, but deaf to proxies and redirects. */
#include "probe/probe.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

struct transfer {
	struct strbuf body; /* the first PROBE_BODY_KEPT bytes */
	json_t *headers;
	uint64_t left; /* of the request body */
};

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t room = PROBE_BODY_KEPT - t->body.len;

	strbuf_addn(&t->body, data, n < room ? n : room);
	return size * n;
}

/* Called per header line, the status line of every answer first: an interim 1xx is forgotten. */
static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = n;

	while (len && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	if (n > 5 && memcmp(data, "HTTP/", 5) == 0)
		json_array_clear(t->headers);
	else if (len) /* one that is not UTF-8 is left out */
		(void)json_array_append_new(t->headers, json_stringn(data, len));
	return size * n;
}

static size_t give_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n < t->left ? size * n : (size_t)t->left;

	memset(data, 'x', len);
	t->left -= len;
	return len;
}

static void set_up(CURL *curl, const struct probe_spec *spec, struct curl_slist *headers,
		   struct transfer *t, char *error)
{
	curl_easy_setopt(curl, CURLOPT_URL, spec->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, spec->method);
	curl_easy_setopt(curl, CURLOPT_NOBODY, (long)(strcmp(spec->method, "HEAD") == 0));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(curl, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)spec->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	if (spec->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(spec->body));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, spec->body);
	}
	if (spec->body || !spec->body_size)
		return;
	t->left = spec->body_size;
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(curl, CURLOPT_READDATA, t);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)spec->body_size);
}

/* The kept body as JSON text; bytes that are not UTF-8 become '?'. */
static json_t *body_text(struct strbuf *body)
{
	json_t *text = json_stringn(strbuf_str(body), body->len);

	if (text)
		return text;
	for (size_t i = 0; i < body->len; i++) {
		if ((unsigned char)body->s[i] >= 0x80)
			body->s[i] = '?';
	}
	return json_stringn(body->s, body->len);
}

static void add_time(json_t *result, const char *key, CURL *curl, CURLINFO info)
{
	curl_off_t us = 0;

	if (curl_easy_getinfo(curl, info, &us) == CURLE_OK)
		json_object_set_new(result, key, json_integer(us));
}

static json_t *report(CURL *curl, CURLcode code, const char *error, struct transfer *t)
{
	json_t *result = json_pack("{s:s, s:i}", "kind", "http", "curl", (int)code);
	const char *local = NULL;
	curl_off_t bytes = 0;
	long status = 0;

	if (code != CURLE_OK)
		json_object_set_new(result, "error",
				    json_string(*error ? error : curl_easy_strerror(code)));
	add_time(result, "time_us", curl, CURLINFO_TOTAL_TIME_T);
	add_time(result, "dns_us", curl, CURLINFO_NAMELOOKUP_TIME_T);
	add_time(result, "connect_us", curl, CURLINFO_CONNECT_TIME_T);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status); /* 0: no answer */
	if (status == 0)
		return result;
	(void)curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T,
				&bytes); /* known infos: no failure */
	(void)curl_easy_getinfo(curl, CURLINFO_LOCAL_IP, &local);
	json_object_set_new(result, "status", json_integer(status));
	json_object_set(result, "headers", t->headers);
	json_object_set_new(result, "body", body_text(&t->body));
	json_object_set_new(result, "bytes", json_integer(bytes));
	if (local)
		json_object_set_new(result, "local_ip", json_string(local));
	return result;
}

json_t *probe_http(const struct probe_spec *spec)
{
	struct transfer t = {.headers = json_array()};
	struct curl_slist *headers = probe_headers(spec);
	char error[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	json_t *result;
	CURLcode code;

	if (!curl)
		abort(); /* out of memory */
	set_up(curl, spec, headers, &t, error);
	code = curl_easy_perform(curl);
	result = report(curl, code, error, &t);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	json_decref(t.headers);
	strbuf_done(&t.body);
	return result;
}
