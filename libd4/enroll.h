/*
 * The line that carries a sensor's registration from the hub to the sensor:
 * printed by `d4-hub enroll`, read by `d4-sensor enroll`. It holds the key.
 */
#ifndef D4_ENROLL_H
#define D4_ENROLL_H

#include "libd4/key.h"
#include "libd4/uuid.h"

#define D4_ENROLL_LINE 1024u /* bytes of a line, newline and NUL included */
#define D4_ENROLL_HOST 256u  /* bytes of a host, NUL included */
#define D4_ENROLL_EXT  64u   /* bytes of an extended type, NUL included */
#define D4_ENROLL_PIN  32u   /* SHA-256 of the hub's certificate (DER) */

/*
 * struct d4_enroll -- what a sensor needs to reach its hub.
 * Shape:  host: a name, IPv4 or IPv6 address without brackets, of
 *         [A-Za-z0-9._:%-]. ext: [A-Za-z0-9._-] and only with type 254; empty
 *         when the operator brings his own metaheader.json.
 */
struct d4_enroll {
	char host[D4_ENROLL_HOST];
	uint16_t port;
	struct d4_uuid uuid;
	char key[D4_KEY_MAX + 1];
	uint8_t pin[D4_ENROLL_PIN];
	uint8_t type;
	char ext[D4_ENROLL_EXT];
};

/*
 * d4_enroll_parse -- reads one line, a newline at its end is optional.
 * Shape:  "d4-enroll:v1 host=H port=P uuid=U key=K fingerprint=F type=T",
 *         single spaces, fields in any order and each exactly once; F is 64
 *         hex digits (colons allowed), T is 1..255 or "254.EXT".
 * Errors: D4_EVERSION another version.  D4_EMALFORMED: *why is a static text
 *         that never holds bytes of the line. On error *out is untouched.
 */
D4_USED enum d4_status d4_enroll_parse(
    struct d4_slice line, struct d4_enroll *out, const char **why);

/*
 * d4_enroll_format -- the line with its newline and NUL; the fingerprint is
 * in lower case without colons. Whoever prints it wipes it afterwards.
 * Errors: D4_EINVAL a member that d4_enroll_parse would not take.
 */
D4_USED enum d4_status d4_enroll_format(
    const struct d4_enroll *e, char out[D4_ENROLL_LINE]);

#endif
