#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include "libd4/kit/file.h"
#include "libd4/type.h"
#include "relay/commands.h"
#include "relay/decide.h"
#include "relay/wash.h"

#define ETHERNET_US (1u << 28 | 1u) /* d4_cutter_variant: us, little-endian */

/* UUIDs that were printed: a source has one for all its line types. */
struct printed {
	const char *partner;
	struct gate *gate;
	char seen[4096][D4_UUID_TEXT + 80];
	size_t n;
};

static void
print_uuid(struct printed *p, const struct d4_spool_lane *head, const char *how)
{
	char uuid[D4_UUID_TEXT], line[sizeof(p->seen[0])];

	d4_uuid_text(&head->wire_uuid, uuid);
	(void)snprintf(line, sizeof(line), "%s %u %s", uuid,
	    (unsigned)head->type, head->ext);
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->seen[i], line) == 0)
			return;
	}
	if (p->n < sizeof(p->seen) / sizeof(p->seen[0]))
		memcpy(p->seen[p->n++], line, sizeof(line));
	(void)printf("%s type %u%s%s source %s rule %s %s\n", uuid,
	    (unsigned)head->type, head->ext[0] != '\0' ? "/" : "", head->ext,
	    head->source, head->rule, how);
}

/* Lanes that the airlock has, or had: their headers stay. */
static void
known_lanes(struct printed *p, const char *spool)
{
	char *dir = d4_path(spool, p->partner);
	DIR *d = dir != NULL ? opendir(dir) : NULL;
	struct d4_spool_lane head;
	struct dirent *e;
	struct d4_buf meta;

	d4_buf_init(&meta, 1u << 20);
	while (d != NULL && (e = readdir(d)) != NULL) {
		char *path =
		    e->d_name[0] == '.' ? NULL : d4_path(dir, e->d_name);

		if (path != NULL && d4_spool_head(path, &meta, &head) == D4_OK)
			print_uuid(p, &head, "known");
		free(path);
	}
	if (d != NULL)
		(void)closedir(d);
	d4_buf_fini(&meta);
	free(dir);
}

static void
predict_variant(
    struct printed *p, const struct decide_facts *f, uint32_t variant)
{
	struct d4_spool_lane head;
	struct d4_buf meta;

	d4_buf_init(&meta, D4_META_MAX);
	if (decide_head(p->gate, f, variant, &meta, &head) == D4_OK)
		print_uuid(p, &head, "predicted");
	d4_buf_fini(&meta);
}

/* Type 4 is a capture, or the text, under a UUID of its own. */
static void
predict(struct printed *p, const struct decide_facts *f)
{
	if (f->type == D4_TYPE_PCAP || f->type == D4_TYPE_DNSCAP)
		predict_variant(p, f, ETHERNET_US);
	if (f->type != D4_TYPE_PCAP)
		predict_variant(p, f, 0);
}

/* One sensor of a source, every type that some pipeline takes. */
static void
predict_sensor(struct printed *p, const struct d4_uuid *sensor)
{
	const struct pol *pol = gate_policy(p->gate);
	struct decide_facts f = {.partner = p->partner,
	    .sensor = *sensor,
	    .ext = "",
	    .now_s = (uint64_t)time(NULL)};
	char meta[D4_META_TYPE + 16];

	for (size_t i = 0; i < pol_n_pipelines(pol); i++) {
		const struct pol_pipeline *pipe = pol_pipeline_at(pol, i);

		f.meta = d4_slice_str("");
		f.ext = "";
		for (size_t k = 0; k < pipe->n_types; k++) {
			f.type = pipe->types[k];
			predict(p, &f);
		}
		for (size_t k = 0; k < pipe->n_meta; k++) {
			(void)snprintf(meta, sizeof(meta), "{\"type\":\"%s\"}",
			    pipe->meta[k]);
			f.type = D4_TYPE_EXTENDED;
			f.ext = pipe->meta[k];
			f.meta = d4_slice_str(meta);
			predict(p, &f);
		}
	}
}

static void
predict_all(struct printed *p)
{
	const struct pol *pol = gate_policy(p->gate);

	for (size_t i = 0; i < pol_n_sources(pol); i++) {
		struct pol_source_view src = pol_source_at(pol, i);

		for (size_t k = 0; k < src.n_sensors; k++)
			predict_sensor(p, &src.sensors[k]);
	}
}

static bool
load_gate(const struct relay_conf *c, struct gate **out)
{
	struct d4_diag diag = {.file = NULL};
	uint8_t master[D4_MASTER_LEN];
	char text[1280];
	struct gate *g = NULL;
	enum d4_status st;
	char *key;

	if (gate_load(c->policy, &diag, &g) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		(void)fprintf(stderr, "%s\n", text);
		return false;
	}
	key = wash_key_path(c->policy, g);
	st = key == NULL ? D4_ENOENT : d4_master_read(key, master);
	if (st != D4_OK) {
		(void)fprintf(stderr, "d4-relay: master key %s: %s\n",
		    key != NULL ? key : "(hub: master_key in the policy)",
		    d4_status_text(st));
		free(key);
		gate_free(g);
		return false;
	}
	free(key);
	gate_keys_set(g, master);
	OPENSSL_cleanse(master, sizeof(master));
	*out = g;
	return true;
}

int
cmd_partner(const struct relay_conf *c, int argc, char **argv)
{
	struct printed *p;
	int code = 1;

	if (argc != 3 || strcmp(argv[1], "uuids") != 0) {
		(void)fprintf(
		    stderr, "usage: d4-relay partner uuids PARTNER\n");
		return 64;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL || !load_gate(c, &p->gate)) {
		free(p);
		return 1;
	}
	p->partner = argv[2];
	if (pol_partner_find(gate_policy(p->gate), p->partner) == NULL) {
		(void)fprintf(
		    stderr, "%s: no partner %s\n", c->policy, p->partner);
	} else {
		known_lanes(p, c->spool);
		predict_all(p);
		code = 0;
	}
	gate_free(p->gate);
	free(p);
	return code;
}
