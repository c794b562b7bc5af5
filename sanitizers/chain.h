/*
 * A pipeline: its steps compiled into a chain, and streams that run through
 * it. Pure: no I/O, no clock, no log. Fails closed: a record leaves only as
 * what a sanitizer positively wrote.
 */
#ifndef SAN_CHAIN_H
#define SAN_CHAIN_H

#include <stdbool.h>
#include "libd4/prefix.h"
#include "libd4/tally.h"
#include "libd4/yaml.h"
#include "sanitizers/keys.h"

/*
 * Part of every pipeline's hash: changes when the same steps give other bytes.
 * san2: addresses with [.] for dots are leaks in JSON, too. san3: and those
 * that are spelled with needless zeros; IPv6 with dashes everywhere.
 * san4: IPv4 in ::/96, ::ffff:0:0:0/96 and 64:ff9b:1::/48; users of URLs with
 * commas; dashes behind a word's letters.
 */
#define SAN_ENGINE "san6"

/* Of whom records must be: a set, a list of names; either may be NULL. */
struct san_about {
	const struct d4_prefix_set *networks;
	const struct d4_yaml *domains;
};

/*
 * Where names in the steps are looked up: the policy's networks. about: only
 * records that concern these leave (concerns.h); NULL: whoever they concern.
 * forgettable: its keys are not the master's, which its hash says.
 */
struct san_env {
	const struct d4_prefix_set *(*network)(void *arg, const char *name);
	void *arg;
	const struct san_about *about;
	bool forgettable;
};

struct d4_cutter_kind;
struct san_chain;

/* The types that a pipeline takes, as the policy file says. */
struct san_takes {
	const uint8_t *types;
	size_t n_types;
	char (*ext)[64];
	size_t n_ext;
};

/*
 * san_chain_compile -- checks and compiles steps for the types of a pipeline.
 * steps: the LIST node (may be empty: byte-identical, class S0). types/ext
 * are what the pipeline takes: a step that cannot handle one is an error.
 * What env->about holds outlives the chain.
 * Errors: D4_EINVAL with *diag: line, column, remedy.  D4_ENOMEM.
 */
D4_USED enum d4_status san_chain_compile(const struct d4_yaml *steps,
    const struct san_takes *takes, const struct san_env *env,
    struct d4_diag *diag, struct san_chain **out);
void san_chain_free(struct san_chain *c);

/* san_chain_class -- 0..4, computed from the steps (sanitizers.md). */
unsigned san_chain_class(const struct san_chain *c);

/* san_chain_hash -- SHA-256 (hex) of engine, canonical steps and networks. */
const char *san_chain_hash(const struct san_chain *c);

/* san_chain_needs_keys -- some step uses a subkey. */
bool san_chain_needs_keys(const struct san_chain *c);

/*
 * san_chain_epoch_s -- seconds of an epoch by the step `epoch`, or 0: keys are
 * those of epoch "0". san_chain_epoch -- the same as text: "7d", or "0".
 */
uint64_t san_chain_epoch_s(const struct san_chain *c);
const char *san_chain_epoch(const struct san_chain *c);

/* san_chain_scope -- the networks that an `addr` step protects, or NULL. */
const struct d4_prefix_set *san_chain_scope(const struct san_chain *c);

struct san_stream;

/*
 * struct san_facts -- what a stream is, beside its bytes.
 * sensor is the witness for k-thresholds.
 */
struct san_facts {
	uint8_t type;
	const char *ext; /* extended type, or "" */
	struct d4_uuid sensor;
};

/*
 * san_stream_new -- one stream to one partner through a chain.
 * Owns:   chain and keys are borrowed and outlive the stream.
 * Errors: D4_ENOTSUP the chain does not take the type.  D4_EINVAL keys are
 *         needed and missing.  D4_ENOMEM.
 */
D4_USED enum d4_status san_stream_new(const struct san_chain *c,
    const struct san_keys *keys, const struct san_facts *facts,
    struct san_stream **out);
void san_stream_free(struct san_stream *s);

/*
 * A file is fed in any cut and appended to *out as a file of the same type:
 * begin, feed..., finish. out gets the opening (pcap global header) in front
 * of the first forwarded record; a file with nothing to forward adds nothing.
 * feed and finish answer D4_OK, D4_EMALFORMED (the rest of this file is
 * refused, counted), D4_EDENIED (the breaker is open: nothing leaves any
 * more), D4_ETOOBIG (out is full; feed nothing more), D4_ENOMEM. Whatever
 * is in *out when they return is released; on D4_ENOMEM and D4_EDENIED, *out
 * is cut back to what it held before the call.
 */
void san_stream_begin(struct san_stream *s);

/*
 * san_stream_sensor -- whose file comes next, where a stream carries several
 * sensors: the witness of what follows. Call it before san_stream_begin.
 */
void san_stream_sensor(struct san_stream *s, const struct d4_uuid *sensor);

/*
 * san_stream_time -- when the files that come next were made, seconds since
 * 1970, as who sent them says (the D4 header); 0: unknown. The step `epoch`
 * takes it for records that say no time of their own. Call it before
 * san_stream_begin.
 */
void san_stream_time(struct san_stream *s, uint64_t made_s);

D4_USED enum d4_status san_stream_feed(
    struct san_stream *s, struct d4_slice in, struct d4_buf *out);
D4_USED enum d4_status san_stream_finish(
    struct san_stream *s, struct d4_buf *out);

/*
 * san_stream_opening -- bytes of the outgoing opening of the file in progress,
 * or of the one that was finished last. It and the variant are 0 until the
 * first record came.
 */
size_t san_stream_opening(const struct san_stream *s);

/* san_stream_variant -- d4_cutter_variant of the file in progress. */
uint32_t san_stream_variant(const struct san_stream *s);

/*
 * struct san_gone -- records that stood together and do not leave.
 * Shape:  first: the number of the first in the stream, from 1 (tshark's frame
 *         number, a line's number; a broken one counts as one). at: where it
 *         begins in the file, bytes. Both 0: records that were released and
 *         then taken back, because the breaker opened; they are n of many.
 */
struct san_gone {
	enum d4_reason why;
	uint64_t first, n, at, bytes;
};

/* san_stream_watch -- from now on gone is called for all that is withheld. */
void san_stream_watch(struct san_stream *s,
    void (*gone)(void *arg, const struct san_gone *g), void *arg);

/*
 * san_stream_many -- from now on a file's opening may change on the way
 * (sections of pcapng, templates): the output has each where it begins to
 * hold. For who keeps the output as one file; others see such a file refused.
 */
void san_stream_many(struct san_stream *s);

/* san_stream_cutter -- how its files are cut; NULL: they are not. */
const struct d4_cutter_kind *san_stream_cutter(const struct san_stream *s);

/* san_stream_tally -- all records so far: in = forward + withheld. */
const struct d4_tally *san_stream_tally(const struct san_stream *s);

/*
 * What a stream must remember over a restart (the witnesses of a threshold)
 * as opaque bytes with their own version; keyed hashes only, no payload.
 * Call them between files. A stream without such memory saves nothing and
 * loads only that. State that is lost or older delays a release; it never
 * causes one.
 * Errors: save: as d4_buf_add, *out is cut back.  load: D4_EVERSION or
 *         D4_EINVAL the state is of another format, key or threshold,
 *         D4_EMALFORMED it is damaged: the stream then begins empty.
 */
D4_USED enum d4_status san_stream_state_save(
    const struct san_stream *s, struct d4_buf *out);
D4_USED enum d4_status san_stream_state_load(
    struct san_stream *s, struct d4_slice state);

/* san_stream_broken -- the breaker is open, and why. */
bool san_stream_broken(const struct san_stream *s, enum d4_reason *why);

/* san_stream_stop -- opens it, as it was before a restart; reset: closes it. */
void san_stream_stop(struct san_stream *s, enum d4_reason why);
void san_stream_reset(struct san_stream *s);

#endif
