/* What runs in d4-sensor, between main.c (events) and setup.c (order). */
#ifndef SENSOR_SENSOR_H
#define SENSOR_SENSOR_H

#include "libd4/kit/signals.h"
#include "sensor/conf_dir.h"
#include "sensor/ledger.h"
#include "sensor/options.h"
#include "sensor/out.h"
#include "sensor/reader.h"
#include "sensor/ring_file.h"
#include "sensor/tee.h"

/*
 * struct sensor -- made by sensor_open in the order of its members.
 * tick: every so often, what is durable. state: a folder for files of ours.
 * owing: at the end something is not noted. unwritten: what a kill would lose
 * cannot be written, it was said.
 */
struct sensor {
	struct options options;
	struct conf_dir conf;
	char uuid[D4_UUID_TEXT];
	const char *state;
	struct counts counts;
	struct d4_tls_ctx *tls;
	struct d4_hmac *hmac;
	struct ring *ring;
	struct ledger *ledger;
	struct running *running; /* of a stream, where it could be made */
	struct framer *framer;
	struct event_base *base;
	struct event *resume, *turned, *tick;
	struct d4_signals *signals;
	struct session *session; /* or */
	struct out *out;
	struct tee *tee;
	struct reader *reader;
	const char *failure; /* the first thing that went wrong */
	bool stopping, owing, unwritten;
};

/* Whom the parts tell: main.c. */
struct sensor_hooks {
	const struct session_events *session;
	const struct reader_events *reader;
	const struct tee_events *tee;
	const struct d4_signals_events *signals;
	event_callback_fn resume, turned, tick;
};

/* sensor_open -- makes all of it; false: it was said why not. */
bool sensor_open(struct sensor *s, const struct sensor_hooks *hooks);
void sensor_close(struct sensor *s);

#endif
