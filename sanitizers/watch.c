/* The family of files in base64, and its step. */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "sanitizers/watch.h"
#include "sanitizers/word.h"

#define WATCH_SHA 32u
#define WATCH_MAX (UINT64_C(1) << 20)

struct watch {
	const struct san_watch_conf *conf;
	uint8_t file[D4_LINE_MAX]; /* decoded: less than its line */
	struct d4_buf facts;
};

/* ---- the step ---- */

static const char *const watch_keys[] = {"emit", "max_size", "magic", NULL};
static const struct san_word watch_emit[] = {
    {"facts", 0}, {"content", 1}, {NULL, 0}};

static enum d4_status
watch_magic(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_watch_conf *c)
{
	const struct san_magic *m;

	for (unsigned i = 0; (m = san_magic_at(i)) != NULL; i++) {
		if (v->kind == D4_YAML_SCALAR &&
		    strcmp(v->text, m->name) == 0) {
			c->magic |= UINT64_C(1) << i;
			return D4_OK;
		}
	}
	return d4_diag_set(cx->diag, v->at,
	    "write elf, pe, script, zip, pdf ...: see d4-pipelines(5)",
	    "no kind of file that is known");
}

static enum d4_status
watch_read(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_watch_conf *c)
{
	const struct d4_yaml *emit = d4_yaml_get(map, "emit"), *item;
	const struct d4_yaml *max = d4_yaml_get(map, "max_size");
	const struct d4_yaml *magic = d4_yaml_get(map, "magic");
	enum d4_status st = D4_OK;
	int content = 0;

	if (emit != NULL)
		st = san_word(emit, watch_emit, cx->diag, &content);
	c->content = content == 1;
	if (st == D4_OK && max != NULL)
		st = d4_yaml_bytes(max, cx->diag, &c->max);
	for (size_t i = 0; st == D4_OK && magic != NULL &&
			   (item = san_item(magic, i)) != NULL;
	     i++)
		st = watch_magic(cx, item, c);
	if (st != D4_OK)
		return st;
	if (c->content && (c->max == 0 || c->max > WATCH_MAX || c->magic == 0))
		return d4_diag_set(cx->diag, map->at,
		    "add max_size: 256KiB and magic: [elf, script]",
		    "emit: content needs `max_size`, 1 to 1MiB, and `magic`");
	if (!c->content && (max != NULL || magic != NULL))
		return d4_diag_set(cx->diag, map->at, "write emit: content",
		    "max_size and magic are for files that leave");
	return D4_OK;
}

static enum d4_status
watch_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_watch_conf *c;
	enum d4_status st = d4_yaml_keys(node, watch_keys, cx->diag);

	if (st != D4_OK)
		return st;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return D4_ENOMEM;
	st = watch_read(cx, node, c);
	if (st != D4_OK) {
		free(c);
		return st;
	}
	*conf = c;
	return D4_OK;
}

const struct san_step_kind san_step_watch = {
    .name = "filewatcher",
    .families = SAN_WATCH,
    .help = "what leaves of a file: emit, facts, content, max_size, magic",
    .compile = watch_compile,
};

/* ---- the family ---- */

static void
watch_destroy(void *state)
{
	struct watch *w = state;

	d4_buf_fini(&w->facts);
	free(w);
}

static enum d4_status
watch_make(const struct san_make *m, void **state)
{
	struct watch *w = malloc(sizeof(*w));

	if (w == NULL)
		return D4_ENOMEM;
	w->conf = san_chain_step(m->chain, "filewatcher");
	d4_buf_init(&w->facts, 1024);
	*state = w;
	return D4_OK;
}

/* {"sha256":HEX,"size":N,"magic":KIND} */
static enum d4_status
watch_facts(struct watch *w, struct d4_slice file)
{
	char hex[2 * WATCH_SHA + 1];
	uint8_t sha[WATCH_SHA];

	if (EVP_Digest(file.p, file.n, sha, NULL, EVP_sha256(), NULL) != 1)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(sha, sizeof(sha)), hex);
	w->facts.n = 0;
	return d4_buf_addf(&w->facts,
	    "{\"sha256\":\"%s\",\"size\":%zu,\"magic\":\"%s\"}", hex, file.n,
	    san_magic_at(san_magic_of(file))->name);
}

static enum d4_reason
watch_content(const struct watch *w, struct d4_slice file, struct d4_slice line,
    struct d4_buf *out)
{
	if (file.n > w->conf->max)
		return D4_R_WATCH_SIZE;
	if ((w->conf->magic >> san_magic_of(file) & 1) == 0)
		return D4_R_WATCH_MAGIC;
	return d4_buf_add(out, line.p, line.n) == D4_OK ? D4_R_NONE
	                                                : D4_R_INTERNAL;
}

/* The line's end stays; what is in front of it is base64 again. */
static enum d4_reason
watch_line(struct watch *w, struct d4_slice record, struct d4_buf *out)
{
	struct d4_slice line = record, file;
	enum d4_reason why = D4_R_NONE;
	size_t n;

	while (line.n != 0 &&
	       (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (line.n > D4_LINE_MAX || !san_base64_decode(line, w->file, &n))
		return D4_R_WATCH_BASE64;
	file = d4_slice_of(w->file, n);
	if (w->conf->content)
		why = watch_content(w, file, line, out);
	else if (watch_facts(w, file) != D4_OK ||
		 san_base64_encode(d4_buf_slice(&w->facts), out) != D4_OK)
		why = D4_R_INTERNAL;
	if (why == D4_R_NONE &&
	    d4_buf_add(out, record.p + line.n, record.n - line.n) != D4_OK)
		why = D4_R_INTERNAL;
	return why;
}

static enum san_outcome
watch_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	*why = watch_line(state, record, out);
	return *why == D4_R_NONE ? SAN_FORWARD : SAN_DROP;
}

/* A file may hold anything (S0); its digest names it to who has it. */
static unsigned
watch_compute(const struct san_chain *c)
{
	const struct san_watch_conf *conf = san_chain_step(c, "filewatcher");

	return conf->content ? 0 : 2;
}

const struct san_family san_family_watch = {
    .name = "filewatcher",
    .bit = SAN_WATCH,
    .cutter = &d4_cutter_lines,
    .make = watch_make,
    .destroy = watch_destroy,
    .record = watch_record,
    .compute = watch_compute,
};
