#include "chain.h"
#include "libd4/type.h"

/* The manual page, read once. */
static const char *
page(void)
{
	static char text[65536];
	const char *source = getenv("D4_SOURCE");
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/sanitizers/d4-pipelines.5",
	    source != NULL ? source : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	return text;
}

/* The section of a step: from its heading to the next. */
static struct d4_slice
section(const char *step)
{
	const char *p = page(), *end;
	char tail[80];

	(void)snprintf(tail, sizeof(tail), ": the step %s\n", step);
	p = strstr(p, tail);
	end = p != NULL ? strstr(p, "\n.S") : NULL;
	if (end == NULL)
		fail_msg("d4-pipelines.5 has no section for `%s`", step);
	return d4_slice_of(p, (size_t)(end - p));
}

static void
every_step_has_its_section_in_the_manual(void **state)
{
	const struct san_step_kind *k;
	unsigned n = 0, headings = 0;
	const char *p = page();

	(void)state;
	for (; (k = san_step_at(n)) != NULL; n++)
		(void)section(k->name);
	while ((p = strstr(p, ": the step ")) != NULL)
		p++, headings++;
	assert_int_equal(headings, n);
}

/* "what it does: word, word": each word stands in the section. */
static void
every_word_of_a_step_stands_in_its_section(void **state)
{
	const struct san_step_kind *k;

	(void)state;
	for (size_t i = 0; (k = san_step_at(i)) != NULL; i++) {
		const char *list = strrchr(k->help, ':');
		struct d4_slice s = section(k->name);
		char words[256], *save = NULL;

		if (list == NULL)
			continue;
		(void)snprintf(words, sizeof(words), "%s", list + 1);
		for (char *w = strtok_r(words, " ,", &save); w != NULL;
		     w = strtok_r(NULL, " ,", &save)) {
			if (s.n == 0 || memmem(s.p, s.n, w, strlen(w)) == NULL)
				fail_msg("`%s` of step %s is not in the manual",
				    w, k->name);
		}
	}
}

static void
steps_are_found_by_name_and_only_so(void **state)
{
	const struct san_step_kind *k;
	size_t n = 0;

	(void)state;
	for (; (k = san_step_at(n)) != NULL; n++) {
		assert_ptr_equal(san_step_find(k->name), k);
		assert_non_null(k->compile);
		assert_true(k->families != 0);
	}
	assert_true(n > 0);
	assert_null(san_step_find(""));
	assert_null(san_step_find("Addr"));
	assert_null(san_step_at(n + 1000));
}

static void
types_belong_to_the_families_that_read_them(void **state)
{
	static const struct {
		uint8_t type;
		const char *ext;
		unsigned bit; /* 0: no family */
	} rows[] = {
	    {D4_TYPE_PCAP, "", SAN_PACKETS},
	    {D4_TYPE_LOG, "", SAN_TEXT},
	    {D4_TYPE_DNSCAP, "", SAN_PACKETS},
	    {D4_TYPE_PCAPNG, "", SAN_PACKETS},
	    {D4_TYPE_NDJSON, "", SAN_JSON},
	    {D4_TYPE_YAF, "", SAN_IPFIX},
	    {D4_TYPE_PDNS, "", SAN_PDNS},
	    {D4_TYPE_META, "", 0},
	    {200, "", 0},
	    {D4_TYPE_EXTENDED, "ja3-jl", SAN_JSON},
	    {D4_TYPE_EXTENDED, "suricata-eve", SAN_JSON},
	    {D4_TYPE_EXTENDED, "my-sensor-jl", SAN_JSON},
	    {D4_TYPE_EXTENDED, "maltrail", SAN_MALTRAIL},
	    {D4_TYPE_EXTENDED, "-jl", SAN_TEXT},
	    {D4_TYPE_EXTENDED, "fascia", SAN_JSON},
	    {D4_TYPE_EXTENDED, "d4-telemetry", SAN_JSON},
	    {D4_TYPE_EXTENDED, "filewatcherjson", SAN_JSON},
	    {D4_TYPE_EXTENDED, "zeek", SAN_TEXT},
	    /* Detectors of text see nothing in base64. */
	    {D4_TYPE_EXTENDED, "filewatcher", SAN_WATCH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct san_family *f =
		    san_family_of(rows[i].type, rows[i].ext);

		assert_int_equal(f != NULL ? f->bit : 0, rows[i].bit);
	}
}

static void
a_step_says_that_type_4_is_text(void **state)
{
	struct san_chain *c = test_chain(
	    "[addr: {scope: telescope}, dnscap: {}]", D4_TYPE_DNSCAP, "");

	(void)state;
	assert_int_equal(
	    san_chain_family(c, D4_TYPE_DNSCAP, "")->bit, SAN_DNSCAP);
	san_chain_free(c);
	c = test_chain("[addr: {scope: telescope}]", D4_TYPE_DNSCAP, "");
	assert_int_equal(
	    san_chain_family(c, D4_TYPE_DNSCAP, "")->bit, SAN_PACKETS);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_step_has_its_section_in_the_manual),
	    cmocka_unit_test(every_word_of_a_step_stands_in_its_section),
	    cmocka_unit_test(steps_are_found_by_name_and_only_so),
	    cmocka_unit_test(types_belong_to_the_families_that_read_them),
	    cmocka_unit_test(a_step_says_that_type_4_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
