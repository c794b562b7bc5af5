#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "hub/sensor.h"

#define SENSOR_KEY_MAX 4096u /* bytes of a key; d4-core cuts at 100 */

void
sensors_init(struct sensors *t)
{
	*t = (struct sensors){.n = 0};
	TAILQ_INIT(&t->lru);
	if (RAND_bytes((uint8_t *)&t->seed, sizeof(t->seed)) != 1)
		t->seed = (uint64_t)(uintptr_t)t;
}

/* Seeded: whoever chooses UUIDs cannot choose the same place for them. */
static size_t
bucket(const struct sensors *t, const struct d4_uuid *u)
{
	uint64_t half[2];

	memcpy(half, u->b, sizeof(half));
	half[0] = (half[0] ^ t->seed) * 0x9e3779b97f4a7c15u;
	half[1] = (half[1] ^ half[0] ^ half[0] >> 32) * 0x9e3779b97f4a7c15u;
	return (size_t)(half[1] >> 32) & (SENSOR_BUCKETS - 1);
}

static struct sensor **
sensor_place(struct sensors *t, const struct d4_uuid *uuid)
{
	struct sensor **at = &t->all[bucket(t, uuid)];

	while (*at != NULL && !d4_uuid_eq(&(*at)->uuid, uuid))
		at = &(*at)->chain;
	return at;
}

static void
sensor_free(struct sensors *t, struct sensor *s)
{
	struct sensor **at = sensor_place(t, &s->uuid);

	assert(*at == s && s->refs == 0);
	*at = s->chain;
	TAILQ_REMOVE(&t->lru, s, lru);
	d4_hmac_free(s->hmac);
	free(s);
	t->n--;
}

void
sensors_fini(struct sensors *t)
{
	while (!TAILQ_EMPTY(&t->lru))
		sensor_free(t, TAILQ_FIRST(&t->lru));
}

/* Sensors that nobody uses go when there are too many of them. */
static void
sensors_shrink(struct sensors *t)
{
	struct sensor *s = TAILQ_FIRST(&t->lru), *next;

	for (; s != NULL && t->n >= SENSOR_IDLE; s = next) {
		next = TAILQ_NEXT(s, lru);
		if (s->refs == 0)
			sensor_free(t, s);
	}
}

struct sensor *
sensors_get(struct sensors *t, const struct d4_uuid *uuid)
{
	struct sensor *s = *sensor_place(t, uuid);
	struct sensor **at;

	if (s != NULL)
		return s;
	sensors_shrink(t);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->uuid = *uuid;
	TAILQ_INIT(&s->sessions);
	TAILQ_INIT(&s->waiting);
	at = sensor_place(t, uuid);
	*at = s;
	TAILQ_INSERT_TAIL(&t->lru, s, lru);
	t->n++;
	return s;
}

void
sensors_touch(struct sensors *t, struct sensor *s)
{
	TAILQ_REMOVE(&t->lru, s, lru);
	TAILQ_INSERT_TAIL(&t->lru, s, lru);
}

bool
sensor_set_key(struct sensor *s, struct d4_slice key)
{
	uint8_t md[EVP_MAX_MD_SIZE] = {0};
	struct d4_hmac *fresh = NULL;

	if (key.n > SENSOR_KEY_MAX)
		key.n = 0;
	if (key.n != 0 &&
	    EVP_Digest(key.p, key.n, md, NULL, EVP_sha256(), NULL) != 1)
		return false;
	if ((s->hmac != NULL) == (key.n != 0) &&
	    CRYPTO_memcmp(md, s->key_digest, sizeof(s->key_digest)) == 0)
		return false;
	if (key.n != 0 && d4_hmac_new(key, &fresh) != D4_OK)
		return false;
	d4_hmac_free(s->hmac);
	s->hmac = fresh;
	memcpy(s->key_digest, md, sizeof(s->key_digest));
	return true;
}
