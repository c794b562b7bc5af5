/* The meta header: the JSON object that goes before type 254. */
#ifndef D4_META_H
#define D4_META_H

#include "libd4/slice.h"
#include "libd4/uuid.h"

#define D4_META_MAX  65536u /* bytes of a meta header */
#define D4_META_TYPE 64u    /* bytes of its "type", NUL included */
#define D4_META_TAGS 64u    /* tags read; more is D4_ETOOBIG */
#define D4_META_TAG  256u   /* bytes of one tag, NUL included */
#define D4_META_HOPS 16u    /* path elements read; more is D4_ETOOBIG */
#define D4_META_ID   65u    /* bytes of a hub's id, NUL included */

/*
 * struct d4_meta -- what we read of a meta header.
 * Shape:  type: [a-zA-Z0-9._-]{1,63}, not beginning with a dot (d4-core
 *         makes a folder of it). tag[]: strings of "tags" (an array of
 *         strings, or of objects with "name", as MISP writes them).
 *         misp_org: "misp:org", empty when absent.
 *         path[]: hub ids of "d4:fed".path, oldest first. max_hops: 0 when
 *         absent. sharing_group, licence: empty when absent.
 * Units:  not_after_s: seconds since 1970, 0 when absent.
 * Owns:   all its strings; d4_meta_fini frees them.
 */
struct d4_meta {
	char type[D4_META_TYPE];
	char encoding[32];
	char misp_org[D4_META_TAG];
	char sharing_group[D4_UUID_TEXT];
	char (*tag)[D4_META_TAG];
	size_t n_tag;
	char (*path)[D4_META_ID];
	size_t n_path;
	uint64_t max_hops;
	uint64_t not_after_s;
	char licence[D4_META_TYPE];
};

/*
 * d4_meta_type_ok -- a `type` of the shape above. It becomes part of keys and
 * of paths, so it has no slash and no dot in front: never "..".
 * d4_meta_type_word -- the same of bytes.
 */
bool d4_meta_type_ok(const char *type);
bool d4_meta_type_word(struct d4_slice type);

/*
 * d4_meta_parse -- reads one complete meta header.
 * Errors: D4_EMALFORMED not one JSON object, no string `type` of the shape
 *         above, duplicate keys, a known field of the wrong type.
 *         D4_EVERSION "d4:fed" is not of version 1: what it demands is not
 *         known.  D4_ETOOBIG over a limit.  D4_ENOMEM.
 *         On error *out is untouched.
 * Source: spec wire.md section 2, policy.md section 5.
 */
D4_USED enum d4_status d4_meta_parse(struct d4_slice json, struct d4_meta *out);
void d4_meta_fini(struct d4_meta *m);

/*
 * Gathering a meta header from the payloads of type-2 frames: newlines are
 * removed and frames joined; the first complete JSON object counts, all
 * later type-2 bytes are ignored.
 */
struct d4_meta_gather {
	struct d4_buf json;
	unsigned depth;
	bool in_string, escaped, done;
};

void d4_meta_gather_init(struct d4_meta_gather *g);
void d4_meta_gather_fini(struct d4_meta_gather *g);

/*
 * d4_meta_gather_add -- takes one type-2 payload.
 * Errors: D4_AGAIN not complete yet.  D4_OK complete: g->json holds the
 *         object.  D4_EMALFORMED the first byte that is not white space is
 *         no '{'.  D4_ETOOBIG over D4_META_MAX.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_meta_gather_add(
    struct d4_meta_gather *g, struct d4_slice payload);

#endif
