/*
 * The joints inside the sanitizers: a step is one word of a pipeline
 * (`addr:`, `payload:`), a family is one kind of record (packet, pdns line,
 * JSON line). Adding either = one file and one line in sanitizers/table.c.
 */
#ifndef SAN_STEP_H
#define SAN_STEP_H

#include "libd4/cutter.h"
#include "sanitizers/chain.h"

/* Families, as bits: which kinds of records a step can work on. */
enum san_family_bit {
	SAN_PACKETS = 1 << 0, /* types 1, 5, and 4 when binary */
	SAN_PDNS = 1 << 1,    /* type 8 */
	SAN_JSON = 1 << 2,    /* type 6, JSON meta types */
	SAN_TEXT = 1 << 3,    /* type 3, other meta types */
	SAN_MALTRAIL = 1 << 4,
	SAN_IPFIX = 1 << 5,  /* type 7 */
	SAN_WATCH = 1 << 6,  /* filewatcher: files in base64 */
	SAN_DNSCAP = 1 << 7, /* type 4 as text, where a step `dnscap` is */
};

struct san_family;

/* What a step's compile function may ask. */
struct san_compile {
	const struct san_env *env; /* networks; may be without a function */
	unsigned families;         /* of the types that the pipeline takes */
	struct d4_diag *diag;
};

/*
 * struct san_step_kind -- one word of a pipeline.
 * compile: the node is the step's value. Answers D4_EINVAL with the diag set.
 * destroy: frees the conf; NULL: free().
 * needs_keys: with this configuration the step uses a subkey; NULL: never.
 */
struct san_step_kind {
	const char *name;
	unsigned families;
	const char *help; /* one line; the man page is checked against it */
	enum d4_status (*compile)(const struct san_compile *cx,
	    const struct d4_yaml *node, void **conf);
	void (*destroy)(void *conf);
	bool (*needs_keys)(const void *conf);
};

/* A compiled step. */
struct san_step {
	const struct san_step_kind *kind;
	void *conf;
	struct d4_mark at;
};

#define SAN_STEPS_MAX 16u

/* san_chain_step -- the conf of the step with that name, or NULL. */
const void *san_chain_step(const struct san_chain *c, const char *name);

/*
 * san_chain_family -- who makes records of the type in this chain, or NULL. A
 * step `dnscap` says that those of type 4 are text.
 */
const struct san_family *san_chain_family(
    const struct san_chain *c, uint8_t type, const char *ext);

/*
 * san_chain_at -- where the step with that name stands, or NULL: the first;
 * 0:0 when nowhere.
 */
struct d4_mark san_chain_at(const struct san_chain *c, const char *name);

/* san_chain_concerns -- whom records must concern, or NULL: anybody. */
const struct san_concerns *san_chain_concerns(const struct san_chain *c);

/* san_chain_empty -- no step at all: records pass byte for byte. */
bool san_chain_empty(const struct san_chain *c);

/* san_chain_takes -- the pipeline is for this type (ext: of 254, or ""). */
bool san_chain_takes(const struct san_chain *c, uint8_t type, const char *ext);

/* What became of one record. */
enum san_outcome { SAN_FORWARD, SAN_DROP, SAN_QUARANTINE };

/*
 * Does a record say its time? NEVER: it has none, and leaves in no case, so it
 * needs no key.
 */
enum san_dated { SAN_UNDATED, SAN_DATED, SAN_NEVER };

/* What a family needs to make its per-stream state. */
struct san_make {
	const struct san_chain *chain;
	const struct san_keys *keys; /* NULL only when no step needs them */
	const struct san_facts *facts;
	struct d4_tally *tally; /* the stream's: for its parts */
};

struct san_again;
struct san_led;
struct san_led_run;

/*
 * struct san_family -- one kind of record.
 * make/destroy: per-stream state, kept over all files of the stream.
 * begin:   a new file: its opening as received (empty where none); writes
 *          the outgoing opening to *head (an empty buffer). An answer other
 *          than D4_R_NONE refuses the file. NULL: no opening.
 * turn:    the file's opening changed: as begin, in the midst of a file.
 *          *head gets what has to stand in front of the next record that
 *          leaves; what came of openings before is in the output if a record
 *          left since. NULL: it cannot.
 * record:  one whole record in; appends what leaves to *out. On SAN_DROP and
 *          SAN_QUARANTINE *why is set, and the caller cuts *out back. When
 *          *out is full or memory is out: SAN_DROP with D4_R_INTERNAL.
 *          A record never needs its neighbours.
 * compute: the class that the chain's steps earn for this family (0..4).
 * check:   steps that exclude or need each other; D4_EINVAL with diag.
 *          NULL: nothing to check.
 * sensor:  see san_stream_sensor; NULL where it does not matter.
 * save/load: see san_stream_state_save; NULL where a family has no memory. On
 *          an error of save *out is as before.
 * ahead:   a record that comes soon: what it needs is fetched from memory
 *          into the caches. NULL where nothing is far away.
 * plain:   many records from the start of data, whole ones, at once: makes
 *          those that are certain to leave, with the bytes that `record` would
 *          append, from the first, and answers how many; *bytes: theirs in
 *          data. led: while notes are wanted, room for SAN_RUN_MAX, else
 *          NULL; of each: n, out_n and notes_n, with its notes behind the end
 *          of those before. The record behind them has to be made by `record`.
 *          NULL where nothing is gained.
 * trace:   from now on notes of what is done with a record are written behind
 *          the end of *notes (NULL: no longer); false: not with these steps.
 *          NULL, as the next three, where nobody can follow (follow.h).
 * traced:  how many bytes of notes the last record has, once it was forwarded;
 *          the caller adds them to notes->n. 0: it depends on more of the keys
 *          than notes can say.
 * again:   as record, with the notes of another stream: the same steps, its
 *          own keys. It trusts them no more than it must: see packet_again.c.
 * run:     the same with many records, where they stand: makes its own of as
 *          many as it can vouch for at once, from the first, and answers how
 *          many; the one behind them has to be made by `again`.
 * when:    the time that a record says of itself, seconds. *t_s holds the
 *          file's time before (0: unknown), for stamps that say no year, and
 *          is touched only by SAN_DATED. It may use the state's room. NULL:
 *          records of this family say no time.
 * left:    a record left that another state of the stream (of its epoch)
 *          made: the output has the opening now. NULL: nobody cares.
 * rekey:   records go through this state, with the keys of `other`, a state
 *          of the family that is kept until the next call; NULL: with its
 *          own. The opening is then taken once more, by turn. D4_ENOMEM: the
 *          keys are those, but what the output knows is forgotten. For a
 *          family whose openings hang on keys; NULL: a state of each epoch
 *          makes its records.
 * A family without `record` has no steps yet: only the empty chain takes it.
 */
struct san_family {
	const char *name;
	enum san_family_bit bit;
	const struct d4_cutter_kind *cutter;
	enum d4_status (*make)(const struct san_make *m, void **state);
	void (*destroy)(void *state);
	enum d4_reason (*begin)(
	    void *state, struct d4_slice opening, struct d4_buf *head);
	enum d4_reason (*turn)(
	    void *state, struct d4_slice opening, struct d4_buf *head);
	enum san_outcome (*record)(void *state, struct d4_slice record,
	    struct d4_buf *out, enum d4_reason *why);
	unsigned (*compute)(const struct san_chain *c);
	enum d4_status (*check)(
	    const struct san_chain *c, struct d4_diag *diag);
	void (*sensor)(void *state, const struct d4_uuid *sensor);
	enum d4_status (*save)(const void *state, struct d4_buf *out);
	enum d4_status (*load)(void *state, struct d4_slice in);
	enum san_dated (*when)(
	    void *state, struct d4_slice record, uint64_t *t_s);
	void (*left)(void *state);
	enum d4_status (*rekey)(void *state, void *other);
	void (*ahead)(const void *state, struct d4_slice record);
	size_t (*plain)(void *state, struct d4_slice data, struct d4_buf *out,
	    size_t *bytes, struct san_led *led);
	bool (*trace)(void *state, struct d4_buf *notes);
	size_t (*traced)(const void *state);
	enum san_outcome (*again)(void *state, const struct san_again *a,
	    struct d4_buf *out, enum d4_reason *why);
	size_t (*run)(void *state, const struct san_led_run *r);
};

/* sanitizers/table.c: all steps and families, and which type is which. */
const struct san_step_kind *san_step_find(const char *name);
const struct san_step_kind *san_step_at(size_t i); /* NULL past the end */

/*
 * san_family_of -- the family of a type, or NULL: no sanitizer knows it, and
 * only the empty chain takes it.
 */
const struct san_family *san_family_of(uint8_t type, const char *ext);

#endif
