// SPDX-License-Identifier: GPL-2.0-only
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *in, size_t n, char *out)
{
	const unsigned char *b = in;

	for (; n >= 3; n -= 3, b += 3) {
		*out++ = alphabet[b[0] >> 2];
		*out++ = alphabet[(b[0] & 3) << 4 | b[1] >> 4];
		*out++ = alphabet[(b[1] & 15) << 2 | b[2] >> 6];
		*out++ = alphabet[b[2] & 63];
	}
	if (n == 0)
		return;
	*out++ = alphabet[b[0] >> 2];
	*out++ = alphabet[(b[0] & 3) << 4 | (n == 2 ? b[1] >> 4 : 0)];
	*out++ = n == 2 ? alphabet[(b[1] & 15) << 2] : '=';
	*out = '=';
}

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four; `bytes` of it are wanted, the rest is padding. */
static bool decode_group(const char *in, size_t bytes, unsigned char *out)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int v = i <= bytes ? value(in[i]) : in[i] == '=' ? 0 : -1;

		if (v < 0)
			return false;
		bits = bits << 6 | (unsigned int)v;
	}
	for (size_t i = 0; i < bytes; i++)
		out[i] = (unsigned char)(bits >> (16 - 8 * i));
	return (bits & ((1u << (24 - 8 * bytes)) - 1)) == 0;
}

bool base64_decode(const char *in, size_t n, void *out, size_t *out_len)
{
	unsigned char *o = out;

	if (n % 4)
		return false;
	for (; n; n -= 4, in += 4) {
		size_t bytes = n > 4 || in[3] != '=' ? 3 : in[2] != '=' ? 2 : 1;

		if (!decode_group(in, bytes, o))
			return false;
		o += bytes;
	}
	*out_len = (size_t)(o - (unsigned char *)out);
	return true;
}

bool base64url_decode(const char *in, size_t n, void *out, size_t *out_len)
{
	unsigned char *o = out;

	for (size_t i = 0; i < n; i += 4) {
		const size_t left = n - i < 4 ? n - i : 4;
		char group[4] = {'=', '=', '=', '='};

		for (size_t k = 0; k < left; k++) {
			const char c = in[i + k];

			if (c == '+' || c == '/')
				return false;
			group[k] = c == '-' ? '+' : c == '_' ? '/' : c;
		}
		if (left == 1 || !decode_group(group, left - 1, o))
			return false;
		o += left - 1;
	}
	*out_len = (size_t)(o - (unsigned char *)out);
	return true;
}
