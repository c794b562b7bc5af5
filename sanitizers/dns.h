/*
 * DNS messages (RFC 1035): read in full, written anew without compression
 * from what was understood. `payload: dns` of packets uses it.
 */
#ifndef SAN_DNS_H
#define SAN_DNS_H

#include "sanitizers/pdns_name.h"
#include "sanitizers/step.h"

#define SAN_DNS_MAX  16384u /* bytes of a message that is written */
#define SAN_DNS_WIRE 255u   /* bytes of a name */

/*
 * struct san_dns_conf -- the parameters of `payload: dns`, compiled.
 * Shape:  rrtypes: a bit for each row of san_dns_rr_at. allow NULL: any name.
 */
struct san_dns_conf {
	uint32_t rrtypes;
	struct san_suffixes *deny, *allow;
};

/* san_dns_conf_new -- node: a map of parameters, or NULL: the defaults. */
D4_USED enum d4_status san_dns_conf_new(const struct san_compile *cx,
    const struct d4_yaml *node, struct san_dns_conf **out);
void san_dns_conf_free(struct san_dns_conf *c);

/*
 * struct san_dns_rr -- a record type that is released.
 * Shape:  data, one letter for each field of its data: 4 and 6 addresses; n
 *         name; b s w numbers of 1, 2, 4 bytes; t a text of one length byte;
 *         T texts to the end; * bytes to the end; @ parameters of SVCB.
 *         def: released unless `rrtypes` says otherwise.
 * Source: RFC 1035 3.3, 2782, 3596, 6672, 8659, 9460.
 */
struct san_dns_rr {
	const char *name, *data;
	uint16_t type;
	bool def;
};
const struct san_dns_rr *san_dns_rr_at(unsigned i); /* NULL past the end */

/*
 * struct san_dns_name -- a name as on the wire, without pointers (`wire`, with
 * the root's zero), and as text for the filters.
 */
struct san_dns_name {
	uint8_t wire[SAN_DNS_WIRE];
	size_t n;
	struct san_name text;
};

/*
 * struct san_dns -- one message in progress.
 * Shape:  map: replaces an address, *a; NULL: none is. Answers why the record
 *         must not leave. scope: what names must not spell, or NULL.
 *         msg, at: what is read; end: where the data of the record ends. Sticky
 *         errors: `bad` the message cannot be understood or does not fit;
 *         `why` it must not leave. out[0..n): what was written.
 */
struct san_dns {
	const struct san_dns_conf *conf;
	const struct d4_prefix_set *scope;
	enum d4_reason (*map)(void *arg, struct d4_addr *a);
	void *arg;
	struct d4_slice msg;
	size_t at, end, n;
	bool bad;
	enum d4_reason why;
	struct san_dns_name name;
	uint8_t out[SAN_DNS_MAX];
};

/*
 * san_dns_rebuild -- d->msg into d->out.
 * Errors: false, it is not understood: nothing of it may leave. Otherwise
 *         d->why says whether the record may: PDNS_LABEL, PDNS_SUFFIX,
 *         PDNS_ALLOW, PDNS_REVERSE, PDNS_ANSWER, or what map answered.
 */
D4_USED bool san_dns_rebuild(struct san_dns *d);

/* ---- among the rooms of DNS ---- */

/* Readers: 0 and d->bad when fewer bytes are left before `end`. */
uint8_t san_dns_u8(struct san_dns *d);
uint16_t san_dns_u16(struct san_dns *d);
struct d4_slice san_dns_bytes(struct san_dns *d, size_t n);

/* Writers: d->bad when it does not fit. */
void san_dns_put(struct san_dns *d, const void *p, size_t n);
void san_dns_put16(struct san_dns *d, uint16_t v);
/* san_dns_copy -- n bytes of the input. */
void san_dns_copy(struct san_dns *d, size_t n);
/* san_dns_patch16 -- a number at a place that was written before. */
void san_dns_patch16(struct san_dns *d, size_t at, size_t v);

/*
 * dns_name.c: san_dns_read_name -- into d->name; pointers lead backwards only.
 * san_dns_put_name -- writes d->name as the filters have it: the reverse name
 * of an address as that of its replacement. question: it was asked for.
 */
bool san_dns_read_name(struct san_dns *d);
void san_dns_put_name(struct san_dns *d, bool question);
/* struct san_dns_asked -- a name, own: as it is there, in its own case. */
struct san_dns_asked {
	const struct san_name *name;
	struct d4_slice own;
	bool question;
};
/*
 * san_dns_judge -- what names of passive DNS are denied for (sanitizers.md
 * section 8). scope may be NULL. Errors: PDNS_LABEL, PDNS_SUFFIX, PDNS_REVERSE,
 * PDNS_ALLOW.
 */
D4_USED enum d4_reason san_dns_judge(const struct san_dns_conf *c,
    const struct d4_prefix_set *scope, const struct san_dns_asked *q);
/* san_dns_tells -- a text holds an address of the scope. */
bool san_dns_tells(const struct san_dns *d, struct d4_slice text);

/* dns_rr.c: the data of a record, to d->end. */
void san_dns_put_data(struct san_dns *d, const struct san_dns_rr *row);
/* The options of an OPT record, to d->end: those that name nobody. */
void san_dns_put_options(struct san_dns *d);

#endif
