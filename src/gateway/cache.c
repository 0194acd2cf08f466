// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/cache.h"

#include <stdlib.h>

#include "base/hash.h"

#define BUCKETS 1024u

struct entry {
	struct entry *next;
	struct http_slice key;
	uint64_t hash, expires_ms;
	struct gateway_cached cached;
	size_t size; /* of all of it, which is one piece */
};

struct gateway_cache {
	struct entry *buckets[BUCKETS];
	size_t limit, used;
	uint64_t swept_ms; /* when what has expired was looked for */
};

struct gateway_cache *gateway_cache_new(size_t limit)
{
	struct gateway_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		abort();
	cache->limit = limit;
	return cache;
}

static void drop(struct gateway_cache *cache, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	cache->used -= e->size;
	free(e);
}

void gateway_cache_free(struct gateway_cache *cache)
{
	for (size_t i = 0; cache && i < BUCKETS; i++) {
		while (cache->buckets[i])
			drop(cache, &cache->buckets[i]);
	}
	free(cache);
}

static struct entry *find(const struct gateway_cache *cache, struct http_slice key)
{
	const uint64_t hash = hash_bytes(0, key.p, key.n);
	struct entry *e = cache->buckets[hash % BUCKETS];

	while (e && (e->hash != hash || !http_slice_equal(e->key, key)))
		e = e->next;
	return e;
}

bool gateway_cache_get(const struct gateway_cache *cache, struct http_slice key, uint64_t now_ms,
		       struct gateway_cached *out)
{
	const struct entry *e = find(cache, key);

	if (!e || e->expires_ms <= now_ms)
		return false;
	*out = e->cached;
	return true;
}

/* At most once in a second: whoever fills the cache must not make everything else slow. */
static void sweep(struct gateway_cache *cache, uint64_t now_ms)
{
	if (cache->swept_ms && now_ms - cache->swept_ms < 1000)
		return;
	cache->swept_ms = now_ms;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct entry **at = &cache->buckets[i];

		while (*at) {
			if ((*at)->expires_ms <= now_ms)
				drop(cache, at);
			else
				at = &(*at)->next;
		}
	}
}

static void drop_key(struct gateway_cache *cache, struct http_slice key)
{
	struct entry *e = find(cache, key), **at;

	if (!e)
		return;
	for (at = &cache->buckets[e->hash % BUCKETS]; *at != e;)
		at = &(*at)->next;
	drop(cache, at);
}

static struct http_slice copy(char **room, struct http_slice s)
{
	char *at = *room;

	if (s.n)
		memcpy(at, s.p, s.n);
	*room += s.n;
	return (struct http_slice){at, s.n};
}

static size_t size_of(struct http_slice key, const struct gateway_cached *what)
{
	size_t size = sizeof(struct entry) + key.n + what->body.n;

	for (size_t i = 0; i < what->n_headers; i++)
		size += sizeof(struct http_header) + what->headers[i].name.n +
			what->headers[i].value.n;
	return size;
}

static struct entry *entry_new(struct http_slice key, const struct gateway_cached *what,
			       size_t size)
{
	struct entry *e = malloc(size);
	struct http_header *headers;
	char *room;

	if (!e)
		abort();
	headers = (void *)(e + 1);
	room = (char *)(headers + what->n_headers);
	*e = (struct entry){.hash = hash_bytes(0, key.p, key.n), .cached = *what, .size = size};
	e->key = copy(&room, key);
	for (size_t i = 0; i < what->n_headers; i++) {
		headers[i].name = copy(&room, what->headers[i].name);
		headers[i].value = copy(&room, what->headers[i].value);
	}
	e->cached.headers = headers;
	e->cached.body = copy(&room, what->body);
	return e;
}

void gateway_cache_put(struct gateway_cache *cache, struct http_slice key,
		       const struct gateway_cached *what, uint64_t expires_ms)
{
	const size_t size = size_of(key, what);
	struct entry *e;

	drop_key(cache, key);
	if (cache->used + size > cache->limit)
		sweep(cache, what->stored_ms);
	if (cache->used + size > cache->limit)
		return;
	e = entry_new(key, what, size);
	e->expires_ms = expires_ms;
	e->next = cache->buckets[e->hash % BUCKETS];
	cache->buckets[e->hash % BUCKETS] = e;
	cache->used += size;
}
