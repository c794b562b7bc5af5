/* For tests: packets of tests/golden/packets.tsv by name. */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include "pcapfile.h"

#define GOLDEN_MAX 512u

/* The packet as it came (in) into b; its length. */
static inline size_t
golden_packet(const char *name, uint8_t b[GOLDEN_MAX])
{
	const char *source = getenv("D4_SOURCE");
	char path[512], line[8192], *save = NULL;
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/packets.tsv",
	    source != NULL ? source : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	while (n == 0 && fgets(line, sizeof(line), f) != NULL) {
		char *word = strtok_r(line, "\t", &save);

		if (word != NULL && strcmp(word, name) == 0)
			n = test_hex(
			    strtok_r(NULL, "\t", &save), b, GOLDEN_MAX);
	}
	(void)fclose(f);
	if (n == 0)
		fail_msg("no golden packet `%s`", name);
	return n;
}

#endif
