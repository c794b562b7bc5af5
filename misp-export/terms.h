/*
 * What the relay lets a MISP have: the release file of a partner, and the
 * words in it that only this program reads (ADR 0038). Pure but for the load.
 */
#ifndef MISP_TERMS_H
#define MISP_TERMS_H

#include <jansson.h>
#include "libd4/prefix.h"

#define TERMS_MAX     (4u << 20) /* bytes of the file */
#define TERMS_STALE_S 300u       /* as relay/release.h: then nothing goes */
#define TERMS_LABELS  5u

/*
 * struct terms_lane -- one lane and the words for it.
 * Shape:  ids and texts NUL-terminated. label 0 (clear) to 4 (red), pap 0
 *         (clear) to 3 (red). distribution: MISP's 0 to 4, -1 from the label.
 *         ids: indicators may be marked. mapped: names of fields, "*" among
 *         them: any; into: addresses in there are pseudonyms. steps: words
 *         joined by ", ".
 * Owns:   mapped (JSON array) and into.
 */
struct terms_lane {
	char id[17];
	char source[65];
	char pipeline[65];
	char object[256];
	char cls[4];
	char steps[256];
	unsigned label, pap;
	int distribution;
	bool publish, ids;
	uint64_t after, delay_us, not_before_s, max_age_s;
	json_t *mapped;
	struct d4_prefix_set into;
};

struct terms {
	struct terms_lane *lane;
	size_t n;
};

/*
 * terms_parse -- reads the text; replaces *out. Lanes of other sinks are left
 * out. Errors: D4_EVERSION, D4_EMALFORMED, D4_ENOMEM; *out is empty then.
 */
D4_USED enum d4_status terms_parse(struct d4_slice text, struct terms *out);

/* terms_load -- the file at path; one that is too old is D4_ECLOSED. */
D4_USED enum d4_status terms_load(const char *path, struct terms *out);
void terms_fini(struct terms *t);

/* terms_find -- the lane of that id, or NULL: nothing of it may be sent. */
const struct terms_lane *terms_find(const struct terms *t, const char *id);

/*
 * terms_mapped -- the value of that field may be somebody's pseudonym. path: a
 * record's field or JSON pointer, several with | between.
 */
bool terms_mapped(
    const struct terms_lane *l, const char *path, struct d4_slice value);

/* terms_label, terms_pap -- of a text; what is unknown is the strictest. */
unsigned terms_label(const char *text);
unsigned terms_pap(const char *text);
const char *terms_label_text(unsigned label);
const char *terms_pap_text(unsigned pap);

/*
 * terms_distribution -- MISP's for a label, no wider than asked (-1: the
 * label's own). group: there is a sharing group. -1: it must not go at all.
 * Source: policy.md section 3, "MISP".
 */
int terms_distribution(unsigned label, int asked, bool group);

/* terms_narrower -- the one of two distributions that reaches fewer. */
int terms_narrower(int a, int b);

#endif
