/*
 * What people ask of the running exporter: files in DIR/requests, written by
 * a command, obeyed in the next turn and then removed.
 */
#ifndef MISP_REQUEST_H
#define MISP_REQUEST_H

#include "misp-export/exporter.h"

/*
 * struct request -- what is asked. item: nil UUID: of the whole event.
 */
struct request {
	const char *what; /* "resend" or "recall" */
	struct d4_uuid event, item;
	bool whole;
};

/* request_put -- writes it down durably. Errors: D4_EIO, D4_ENOMEM. */
D4_USED enum d4_status request_put(
    const struct misp_conf *c, const struct request *q);

/* request_parse -- of a file's text. Errors: D4_EMALFORMED. */
D4_USED enum d4_status request_parse(struct d4_slice text, struct request *out);

/* request_obey -- all that wait; what cannot be done is logged. */
void request_obey(struct exporter *x);

#endif
