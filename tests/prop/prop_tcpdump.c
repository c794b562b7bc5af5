/*
 * tcpdump's own test captures through the cutter: every byte is accounted
 * for, and any cut gives the same packets.
 */
#include <dirent.h>
#include "stream.h"
#include "guard.h"

static unsigned n_files, n_pcap, n_packets;

/* What the cutter gives plus what it names as lost is the whole file. */
static void
account(struct d4_slice file)
{
	struct d4_cutter *c = NULL;
	struct d4_slice in;
	struct d4_run run;
	struct guard g;
	uint64_t bytes = 0;
	enum d4_status st;

	assert_int_equal(d4_cutter_new(&d4_cutter_pcap, &c), D4_OK);
	in = guard_new(&g, file);
	while ((st = d4_cutter_feed(c, &in, &run)) == D4_OK) {
		bytes += run.bytes;
		n_packets += (unsigned)run.n;
	}
	n_pcap += d4_cutter_opening(c).n != 0;
	bytes += d4_cutter_opening(c).n;
	if (st == D4_AGAIN) {
		if (d4_cutter_finish(c, &run) == D4_ETRUNC)
			bytes += run.bytes;
		assert_int_equal(bytes, file.n);
	} else {
		assert_int_equal(st, D4_EMALFORMED);
		assert_true(c->failed != D4_R_NONE);
		assert_true(bytes <= file.n);
	}
	guard_free(&g);
	d4_cutter_free(c);
}

static void
cut_file(const char *path, struct prop *p)
{
	struct d4_buf whole, cut;
	struct d4_slice file;
	uint8_t *data;
	size_t n;

	data = test_read(path, &n);
	file = d4_slice_of(data, n);
	account(file);
	d4_buf_init(&whole, 64 << 20);
	d4_buf_init(&cut, 64 << 20);
	stream_cut(&d4_cutter_pcap, file, NULL, &whole);
	for (unsigned i = 0; i < 3; i++) {
		stream_cut(&d4_cutter_pcap, file, p, &cut);
		if (!d4_slice_eq(d4_buf_slice(&whole), d4_buf_slice(&cut)))
			fail_msg("%s: another cut, other packets", path);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(data);
	n_files++;
}

static void
every_capture_is_cut_alike_and_accounted_for(void **state)
{
	const char *shared = getenv("D4_SHARED");
	struct prop p = prop_case(prop_seed(), 0);
	struct dirent *e;
	char path[4096];
	DIR *d;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/corpus/pcap-tcpdump",
	    shared != NULL ? shared : "");
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n < 5 || strcmp(e->d_name + n - 5, ".pcap") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/corpus/pcap-tcpdump/%s",
		    shared, e->d_name);
		cut_file(path, &p);
	}
	(void)closedir(d);
	printf("%u files, %u with a pcap opening, %u packets\n", n_files,
	    n_pcap, n_packets);
	assert_true(n_files > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_capture_is_cut_alike_and_accounted_for),
	};
	const char *shared = getenv("D4_SHARED");
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/corpus/pcap-tcpdump",
	    shared != NULL ? shared : "");
	if (access(path, R_OK) != 0) {
		printf("skipped: no %s\n", path);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
