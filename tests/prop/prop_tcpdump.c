/*
 * Other people's test captures through the cutters: every byte is accounted
 * for, and any cut gives the same packets.
 */
#include <dirent.h>
#include "stream.h"
#include "guard.h"

static const struct folder {
	const char *name, *end;
	const struct d4_cutter_kind *kind;
} folders[] = {
    {"pcap-tcpdump", ".pcap", &d4_cutter_pcap},
    {"pcap-dnscap", ".pcap", &d4_cutter_dnscap},
    {"pcapng", ".pcapng", &d4_cutter_pcapng},
};

static unsigned n_files, n_opened, n_packets;

/* What the cutter gives plus what it names as lost is the whole file. */
static void
account(const struct d4_cutter_kind *kind, struct d4_slice file)
{
	struct d4_cutter *c = NULL;
	struct d4_slice in;
	struct d4_run run;
	struct guard g;
	uint64_t bytes = 0;
	enum d4_status st;

	assert_int_equal(d4_cutter_new(kind, &c), D4_OK);
	in = guard_new(&g, file);
	while ((st = d4_cutter_feed(c, &in, &run)) == D4_OK) {
		bytes += run.bytes;
		n_packets += (unsigned)run.n;
	}
	n_opened += d4_cutter_opening(c).n != 0;
	bytes += d4_cutter_opening(c).n;
	if (st == D4_AGAIN) {
		if (d4_cutter_finish(c, &run) == D4_ETRUNC)
			bytes += run.bytes;
		/* Of a pcapng there may have been more openings. */
		assert_true(bytes == file.n ||
			    (bytes < file.n && kind == &d4_cutter_pcapng));
	} else {
		assert_int_equal(st, D4_EMALFORMED);
		assert_true(c->failed != D4_R_NONE);
		assert_true(bytes <= file.n);
	}
	guard_free(&g);
	d4_cutter_free(c);
}

static void
cut_file(const struct d4_cutter_kind *kind, const char *path, struct prop *p)
{
	struct d4_buf whole, cut;
	struct d4_slice file;
	uint8_t *data;
	size_t n;

	data = test_read(path, &n);
	file = d4_slice_of(data, n);
	account(kind, file);
	d4_buf_init(&whole, 64 << 20);
	d4_buf_init(&cut, 64 << 20);
	stream_cut(kind, file, NULL, &whole);
	for (unsigned i = 0; i < 3; i++) {
		stream_cut(kind, file, p, &cut);
		if (!d4_slice_eq(d4_buf_slice(&whole), d4_buf_slice(&cut)))
			fail_msg("%s: another cut, other packets", path);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(data);
	n_files++;
}

static bool
open_folder(const struct folder *f, char path[4096], DIR **out)
{
	const char *shared = getenv("D4_SHARED");

	(void)snprintf(
	    path, 4096, "%s/corpus/%s", shared != NULL ? shared : "", f->name);
	*out = opendir(path);
	return *out != NULL;
}

static void
cut_folder(const struct folder *f, struct prop *p)
{
	size_t n, m = strlen(f->end);
	char top[4096], path[8192];
	struct dirent *e;
	DIR *d;

	assert_true(open_folder(f, top, &d));
	while ((e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		if (n < m || strcmp(e->d_name + n - m, f->end) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", top, e->d_name);
		cut_file(f->kind, path, p);
	}
	(void)closedir(d);
}

static void
every_capture_is_cut_alike_and_accounted_for(void **state)
{
	struct prop p = prop_case(prop_seed(), 0);

	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++)
		cut_folder(&folders[i], &p);
	printf("%u files, %u with an opening, %u packets\n", n_files, n_opened,
	    n_packets);
	assert_true(n_files > 0 && n_packets > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_capture_is_cut_alike_and_accounted_for),
	};
	char path[4096];
	DIR *d;

	for (size_t i = 0; i < COUNT(folders); i++) {
		if (!open_folder(&folders[i], path, &d)) {
			printf("skipped: no %s\n", path);
			return 77;
		}
		(void)closedir(d);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
