/*
 * Text lines (type 3 and other meta types): the step `text` and its family.
 * A line passes byte for byte but for what a detector or a regular expression
 * of the operator found in it.
 */
#ifndef SAN_TEXT_H
#define SAN_TEXT_H

#include "sanitizers/pdns_name.h"
#include "sanitizers/step.h"
#include "sanitizers/text_regex.h"

#define SAN_TEXT_SPANS   512u /* finds in one line; more: text.spans */
#define SAN_TEXT_REGEXES 32u

/* What a detector finds. */
enum san_kind {
	SAN_KIND_IP4,
	SAN_KIND_IP6,
	SAN_KIND_EMAIL,
	SAN_KIND_CREDENTIALS, /* USER:PASSWORD in a URL */
	SAN_KIND_IBAN,
	SAN_KIND_MAC,
	SAN_KIND_HOST, /* under one of the suffixes */
	SAN_KIND_USER,
	SAN_KIND_PHONE,
	SAN_KIND_REGEX,
	SAN_KINDS,
};

/* What becomes of a find. DROP: of its line. */
enum san_act {
	SAN_ACT_KEEP,
	SAN_ACT_ADDR,
	SAN_ACT_TOK,
	SAN_ACT_MASK,
	SAN_ACT_DROP,
};

/* Where a line has its time stamp. */
enum san_text_stamp {
	SAN_TEXT_NO_STAMP,
	SAN_TEXT_RFC3164, /* [<PRI>]Mmm dd hh:mm:ss */
	SAN_TEXT_RFC5424, /* <PRI>1 TIMESTAMP */
	SAN_TEXT_ISO8601, /* the line begins with it, [ or " may be in front */
	SAN_TEXT_EPOCH,   /* seconds, the same */
};

#define SAN_TEXT_LEAST 14u /* bytes of the longest of the shortest finds */

/*
 * struct san_text_conf -- the step, compiled.
 * Shape:  suffixes NULL: none. byte: what each byte of a word stands for;
 *         want: which detectors a word with such bytes is worth, begins: which
 *         find something that begins with the byte, fits: which find
 *         something in so many bytes or more; as bits, set by san_text_classes.
 */
struct san_text_conf {
	enum san_act act[SAN_KINDS];
	enum san_text_stamp stamp;
	struct san_suffixes *suffixes;
	uint8_t byte[256];
	uint16_t want[256], begins[256], fits[SAN_TEXT_LEAST + 1];
	size_t n_regex;
	struct {
		struct san_regex *re;
		enum san_act act;
		char domain[65];
	} regex[SAN_TEXT_REGEXES];
};

/* How an address is written. */
enum san_form {
	SAN_FORM_PLAIN,    /* also [.] (.) [dot] and dashes: gaps are kept */
	SAN_FORM_REVERSED, /* octets or nibbles from the last to the first */
	SAN_FORM_MASK,     /* a part of one: it can only be masked */
};

/*
 * struct san_span -- one find: bytes [from, to) of the line.
 * Shape:  addr: of IP4 and IP6. regex: which one, of REGEX.
 */
struct san_span {
	size_t from, to;
	enum san_kind kind;
	enum san_form form;
	unsigned regex;
	struct d4_addr addr;
};

/* The finds of one line, by `from`, none inside another. */
struct san_spans {
	size_t n;
	struct san_span at[SAN_TEXT_SPANS];
};

/* What is searched, and for what. scope may be NULL. */
struct san_text_in {
	struct d4_slice line;
	const struct san_text_conf *conf;
	const struct d4_prefix_set *scope;
};

void san_text_classes(struct san_text_conf *c);

/*
 * san_text_scan -- all finds of the detectors that do not keep.
 * false: there are more than fit.
 */
bool san_text_scan(const struct san_text_in *in, struct san_spans *out);

/*
 * san_text_merge -- adds a find of a regular expression; one that overlaps
 * others swallows them, and all of it is masked unless it holds them whole.
 * false: it does not fit.
 */
bool san_text_merge(struct san_spans *s, const struct san_span *add);

/*
 * A detector: how many bytes from `at` on are such a thing, the find in *out;
 * 0: none. Positions inside a word are tried one by one, and the longest find
 * wins.
 */
size_t san_text_ip4(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_ip6(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_email(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_credentials(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_iban(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_mac(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_host(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_user(
    const struct san_text_in *in, size_t at, struct san_span *out);
size_t san_text_phone(
    const struct san_text_in *in, size_t at, struct san_span *out);

/*
 * san_text_conf_new -- detectors and regular expressions of a map, for strings
 * that are no lines: `stamp` is an error. Errors: D4_EINVAL with the diag.
 */
D4_USED enum d4_status san_text_conf_new(const struct san_compile *cx,
    const struct d4_yaml *node, struct san_text_conf **out);
void san_text_conf_free(struct san_text_conf *c);

/* Some find is replaced by the step `addr`; becomes a token. */
bool san_text_conf_maps(const struct san_text_conf *c);
bool san_text_conf_keyed(const struct san_text_conf *c);

extern const struct san_step_kind san_step_text;
extern const struct san_family san_family_text;

/* san_text_is -- s begins with a lower-case word of n bytes, in any case. */
bool san_text_is(struct d4_slice s, const char *word, size_t n);

/* Bytes of a line, 0 outside of it. */
static inline uint8_t
san_text_byte(const struct san_text_in *in, size_t i)
{
	return i < in->line.n ? in->line.p[i] : 0;
}

static inline bool
san_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
san_is_alpha(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool
san_is_alnum(uint8_t c)
{
	return san_is_digit(c) || san_is_alpha(c);
}

#endif
