// SPDX-License-Identifier: GPL-2.0-only
/* What is written is what libpcap, who did not write it, reads; and the blocks' names stand in it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/cleanup.h"
#include "capture/capture.h"
#include "lib/test.h"

static const struct capture_point points[] = {
	{.name = "ecs-3:eth0", .dev = "eth0", .alias = "vswitch vsw-3a"},
	{.name = "vpc-3:cen-1", .dev = "cen-1", .alias = ""},
};

static void write_file(FILE *f)
{
	unsigned char data[61];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	assert_int_equal(capture_write_section(f, "scenario1"), 0);
	for (size_t i = 0; i < ARRAY_LEN(points); i++)
		assert_int_equal(capture_write_interface(f, &points[i], "tcp"), 0);
	for (uint32_t n = 58; n <= 61; n++) { /* every padding */
		struct capture_packet p = {.point = n & 1,
					   .ns = UINT64_C(1790000000123456789) + n,
					   .length = n + 1000,
					   .n = n,
					   .data = data};

		assert_int_equal(capture_write_packet(f, &p), 0);
	}
	assert_int_equal(capture_write_statistics(f, 0, UINT64_C(1790000001000000000), 4, 1), 0);
	assert_int_equal(fflush(f), 0);
}

static void is_read_by_libpcap(void **state)
{
	char path[] = "/tmp/labctl-pcapng-XXXXXX", why[PCAP_ERRBUF_SIZE];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w+");
	struct pcap_pkthdr *h;
	const unsigned char *data;
	pcap_t *pcap;
	uint32_t n = 58;

	write_file(f);
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	for (; pcap_next_ex(pcap, &h, &data) == 1; n++) {
		assert_int_equal(h->caplen, n);
		assert_int_equal(h->len, n + 1000);
		assert_int_equal(h->ts.tv_sec, 1790000000);
		assert_int_equal(h->ts.tv_usec, 123456789 + n);
		assert_int_equal(data[n - 1], n - 1);
	}
	assert_int_equal(n, 62);
	pcap_close(pcap);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path), 0);
}

static void names_stand_in_it(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	write_file(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(len % 4, 0);
	assert_non_null(memmem(text, len, "lab scenario1", 13));
	assert_non_null(memmem(text, len, "\2\0\12\0ecs-3:eth0", 14));
	assert_non_null(memmem(text, len, "\3\0\16\0vswitch vsw-3a", 18));
	assert_non_null(memmem(text, len, "\2\0\13\0vpc-3:cen-1", 15));
	free(text);
}

static void a_full_disk_is_told(void **state)
{
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(setvbuf(f, NULL, _IONBF, 0), 0);
	assert_int_equal(capture_write_section(f, "scenario1"), -1);
	assert_int_equal(errno, ENOSPC);
	(void)fclose(f); /* nothing was kept back */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_by_libpcap),
		cmocka_unit_test(names_stand_in_it),
		cmocka_unit_test(a_full_disk_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
