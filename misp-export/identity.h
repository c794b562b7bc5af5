/*
 * Who is who in MISP: name-based UUIDs (RFC 9562, version 5), so that the
 * same finding has the same name in every retry. Pure.
 */
#ifndef MISP_IDENTITY_H
#define MISP_IDENTITY_H

#include "libd4/slice.h"
#include "libd4/uuid.h"

/*
 * identity_v5 -- the UUID of a name in a space (another UUID). The parts are
 * joined with their lengths, so that no two lists of parts are one name; part
 * n of them. Errors: D4_ECRYPTO; *out is untouched.
 */
D4_USED enum d4_status identity_v5(const struct d4_uuid *space,
    const struct d4_slice *part, size_t n, struct d4_uuid *out);

/* identity_of -- the same of C strings; the list ends with NULL. */
D4_USED enum d4_status identity_of(
    const struct d4_uuid *space, const char *const *part, struct d4_uuid *out);

#endif
