/* The words of post_driver, and the partners that they speak of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "post_driver.h"

void
driver_die(const char *what)
{
	perror(what);
	exit(1);
}

void
driver_need(enum d4_status st, const char *what)
{
	if (st == D4_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, d4_status_text(st));
	exit(1);
}

const char *
driver_value(char **argv, const char *key, const char *other)
{
	size_t n = strlen(key);

	for (; *argv != NULL; argv++) {
		if (strncmp(*argv, key, n) == 0 && (*argv)[n] == '=')
			return *argv + n + 1;
	}
	return other;
}

uint64_t
driver_number(char **argv, const char *key, uint64_t other)
{
	const char *v = driver_value(argv, key, NULL);

	return v == NULL ? other : strtoull(v, NULL, 0);
}

static enum relay_resend
partner_resend(const char *word)
{
	if (strcmp(word, "all") == 0)
		return RELAY_ALL;
	return strcmp(word, "tcp") == 0 ? RELAY_TCP : RELAY_BY_TYPE;
}

static void
partner_sink(char **argv, struct relay_partner *p)
{
	static char one[] = "tlp:clear", two[] = "dns";
	static char *tags[] = {one, two};
	struct sink_settings *s = &p->out;

	p->sink = sink_kind_find(driver_value(argv, "sink", "d4"),
	    driver_value(argv, "transport", NULL));
	if (p->sink == SINK_NONE)
		driver_die("sink");
	s->path = driver_value(argv, "path", NULL);
	s->sure = p->sink == SINK_UNIX ||
	          strcmp(driver_value(argv, "confirm", "close"), "tcp") == 0;
	s->message_max = driver_number(argv, "max_message", 8192);
	s->pri = 14;
	s->hostname = driver_value(argv, "hostname", "-");
	s->app = driver_value(argv, "app", "d4");
	s->pack =
	    (enum d4_pack_kind)driver_number(argv, "compress", D4_PACK_PLAIN);
	s->keep_us = driver_number(argv, "keep_us", 0);
	s->keep_bytes = driver_number(argv, "keep_bytes", 0);
	s->dataset = (struct sink_dataset){.title = "A set",
	    .licence = "CC-BY-4.0",
	    .producer = "CSIRT",
	    .frequency = "continuous",
	    .source = "a telescope",
	    .tags = tags,
	    .n_tags = 2};
}

static void
partner_accepts(char **argv, struct relay_partner *p)
{
	static char *words[DRIVER_PARTNERS];
	static size_t used;
	const char *word = driver_value(argv, "accepts", NULL);

	if (word == NULL || used == DRIVER_PARTNERS)
		return;
	words[used] = (char *)(uintptr_t)word;
	p->accepts = (struct d4_conf_list){.item = &words[used++], .n = 1};
}

/* Its keys stand behind partner=ID, up to the next one. */
void
driver_partner(char **argv, struct relay_partner *p)
{
	char **end = argv + 1, *save;

	while (*end != NULL && strncmp(*end, "partner=", 8) != 0)
		end++;
	save = *end;
	*end = NULL;
	*p = (struct relay_partner){
	    .host = driver_value(argv, "host", "127.0.0.1")};
	(void)snprintf(
	    p->id, sizeof(p->id), "%s", driver_value(argv, "partner", "acme"));
	p->port = (uint16_t)driver_number(argv, "port", 4443);
	p->key = d4_slice_str(driver_value(argv, "key", "a-key"));
	p->tls.pin = driver_value(argv, "pin", NULL);
	p->tls.ca = driver_value(argv, "ca", NULL);
	p->tls.insecure = p->tls.pin == NULL && p->tls.ca == NULL;
	p->tls.cert = driver_value(argv, "cert", NULL);
	p->tls.key = driver_value(argv, "certkey", NULL);
	p->name = driver_value(argv, "name", NULL);
	p->proxy.host = driver_value(argv, "proxy", NULL);
	p->proxy.port = (uint16_t)driver_number(argv, "proxyport", 0);
	p->proxy.user = driver_value(argv, "user", NULL);
	p->proxy.password = driver_value(argv, "password", NULL);
	partner_accepts(argv, p);
	p->resend = partner_resend(driver_value(argv, "resend", "type"));
	p->rotate_us = driver_number(argv, "rotate_us", 3600000000u);
	p->rotate_bytes = driver_number(argv, "rotate_bytes", 256u << 20);
	p->idle_us = driver_number(argv, "idle_us", 300000);
	p->backoff_min_us = driver_number(argv, "backoff_us", 50000);
	p->backoff_max_us = driver_number(argv, "backoff_max_us", 400000);
	p->gap_us = driver_number(argv, "gap_us", 0);
	p->max_rate_bits = driver_number(argv, "rate", 0);
	partner_sink(argv, p);
	*end = save;
}
