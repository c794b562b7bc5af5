/*
 * The exporter: airlock to events on disk, and from there to MISP (rest.h)
 * and to the feed (feed.h). One turn after the other.
 */
#ifndef MISP_EXPORTER_H
#define MISP_EXPORTER_H

#include "misp-export/airlock.h"
#include "misp-export/feed.h"
#include "misp-export/finding.h"
#include "misp-export/http.h"
#include "misp-export/rest.h"
#include "misp-export/store.h"
#include "misp-export/warninglist.h"

/*
 * struct exporter -- everything together.
 * Shape:  conf: borrowed, or reloaded, which is ours. stop: readable when we
 *         are to stop, hup: when to reload (a signalfd); -1 never. rest, http
 * NULL: no url, or a dry run. refused: values, by enum value_why; unknown:
 *         records of lanes for which there is no mapper; odd: lines that are
 *         none of their format; red: records that no MISP may have. over:
 *         findings beyond the limit of an event; left: those not of its top;
 *         lost: items of mappers that are gone, in the accounts; expired:
 *         those that were never sent, and are too old.
 *         told: the
 *         status file, as it was written last.
 */
struct exporter {
	const struct misp_conf *conf;
	struct misp_conf *reloaded;
	struct d4_account *account;
	struct airlock *airlock;
	struct store *store;
	struct finding_maker maker;
	struct http *http;
	struct rest *rest;
	struct feed *feed;          /* NULL: none */
	struct warninglists *lists; /* NULL: none */
	struct terms terms;
	uint64_t unknown, odd, red, records, over, left, lost, expired;
	uint64_t flushed_ms, fed_ms, old_ms;
	char *quarantine, *released; /* folder; the relay's file */
	enum d4_status terms_said;
	struct d4_buf told;
	int stop, hup;
};

/*
 * exporter_open -- with its folders there; out->stop and out->hup are set.
 * Errors: logged.
 */
D4_USED enum d4_status exporter_open(
    const struct misp_conf *c, struct exporter *out);
void exporter_close(struct exporter *x);

/*
 * exporter_absorb -- takes what the airlock releases, durably; *more: there is
 * more at once. Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM, D4_ECRYPTO.
 */
D4_USED enum d4_status exporter_absorb(struct exporter *x, bool *more);

/* exporter_terms -- reads what the relay releases; false: nothing now. */
bool exporter_terms(struct exporter *x);

/*
 * exporter_choose -- the top of each event that waited for it and whose time
 * is over; what is left of it is accounted. more: there is more in the
 * airlock at once. exporter_over -- so is what was
 * beyond the limit of an event: the figure so far, whenever it grew.
 */
void exporter_choose(struct exporter *x, bool more);
void exporter_over(struct exporter *x);

/*
 * exporter_old -- events that ended `keep` ago are forgotten, but for what may
 * still be sent; what never was is accounted.
 */
void exporter_old(struct exporter *x);

/* exporter_lost -- what no mapper can send any more is accounted. */
void exporter_lost(struct exporter *x);

/* exporter_run -- until it is to stop. */
void exporter_run(struct exporter *x);

/* exporter_tell -- DIR/status.json, when something in it changed. */
void exporter_tell(struct exporter *x);

/* exporter_status -- what it counts, a JSON object. */
json_t *exporter_status(const struct exporter *x);

#endif
