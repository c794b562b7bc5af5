/*
 * Which TLS certificates a sensor may show (ADR 0033): `cert` of
 * d4:sensor:UUID, "uuid", "name:NAME" or "sha256:HEX", with commas between
 * them; one of them must fit. Pure.
 */
#ifndef HUB_BADGE_H
#define HUB_BADGE_H

#include <stdbool.h>
#include "libd4/slice.h"
#include "libd4/uuid.h"

#define BADGES_MAX   4u   /* two, and two more during a change */
#define BADGE_NAME   128u /* bytes of a name, NUL included */
#define BADGE_DIGEST 32u  /* SHA-256 of the certificate's DER */

enum badge_kind { BADGE_UUID, BADGE_NAMED, BADGE_PIN };

/* One that is accepted; what is not used is zero. */
struct badge {
	enum badge_kind kind;
	uint8_t digest[BADGE_DIGEST];
	char name[BADGE_NAME];
};

/* All of a sensor; n = 0: any certificate, or none. Owns: at. */
struct badges {
	struct badge *at;
	size_t n;
};

/*
 * badges_read -- the list; digits in either case, colons between bytes.
 * Errors: D4_EMALFORMED; D4_ETOOBIG more than BADGES_MAX; D4_ENOMEM.
 */
D4_USED enum d4_status badges_read(struct d4_slice text, struct badges *out);
void badges_fini(struct badges *b);

bool badges_same(const struct badges *a, const struct badges *b);

/*
 * struct badge_shown -- what a sensor shows. there: a certificate, whose key
 * it has. trusted: our CA has signed it, so its names mean something.
 */
struct badge_shown {
	bool there, trusted;
	uint8_t digest[BADGE_DIGEST];
	bool (*named)(const void *arg, const char *name);
	const void *arg;
};

/* badges_fit -- may the sensor of this UUID show that? */
bool badges_fit(const struct badges *b, const struct d4_uuid *uuid,
    const struct badge_shown *shown);

#endif
