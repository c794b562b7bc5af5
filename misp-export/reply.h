/*
 * What an answer of MISP means. Its statuses do not say enough: 403 has three
 * meanings, 404 two, and 200 may have dropped half. Pure.
 */
#ifndef MISP_REPLY_H
#define MISP_REPLY_H

#include <jansson.h>
#include "libd4/slice.h"

#define REPLY_WHY    160u /* bytes of a reason, printable */
#define REPLY_ERRORS 2000u

enum reply_kind {
	REPLY_OK,       /* done, as far as a 200 of MISP says so */
	REPLY_NO_EVENT, /* there is no such event, or it is not seen */
	REPLY_EXISTS,   /* there is, use edit */
	REPLY_BLOCKED,  /* deleted there before: the UUID is burned */
	REPLY_AUTH,     /* the key is refused: stop, tell people */
	REPLY_DENIED,   /* the key may not do that */
	REPLY_INVALID,  /* content is refused */
	REPLY_TOOBIG,   /* split it */
	REPLY_BUSY,     /* later: maintenance, rate limit, 502 to 504 */
	REPLY_FAILED,   /* 500: anything may be stored or not */
};

/* Of one attribute of an array: whether it is there, or why it cannot be. */
struct reply_error {
	size_t index;
	bool there; /* "similar attribute", "not unique" */
	char why[REPLY_WHY];
};

/*
 * struct reply -- an answer, understood.
 * Shape:  why: MISP's words, printable, cut. error: by index, of
 *         attributes/add; n of them. body: the JSON, NULL: it was none.
 * Owns:   error, body: reply_fini.
 */
struct reply {
	enum reply_kind kind;
	char why[REPLY_WHY];
	struct reply_error *error;
	size_t n;
	json_t *body;
};

/*
 * struct reply_in -- status, whether there is a Location header, the bytes.
 * csv: a 200 need not be JSON.
 */
struct reply_in {
	long status;
	bool location, csv;
	struct d4_slice body;
};

/* reply_read -- always fills *out. */
void reply_read(const struct reply_in *in, struct reply *out);
void reply_fini(struct reply *r);

/* reply_names -- one of this list of objects has that name, in any case. */
bool reply_names(const json_t *list, const char *name);

/* reply_kind_text -- "ok", "no-event"; static. */
const char *reply_kind_text(enum reply_kind k);

/*
 * reply_uuids -- calls fn with each line of a CSV that is a UUID in quotes;
 * false: something in it is none (an error page, a wrong format).
 */
struct d4_uuid;
bool reply_uuids(struct d4_slice csv,
    void (*fn)(void *arg, const struct d4_uuid *u), void *arg);

#endif
