/*
 * ipcrypt (draft-denis-ipcrypt): pfx, which preserves prefixes, and
 * deterministic, one block of AES over an address of 16 bytes.
 */
#ifndef SAN_IPCRYPT_H
#define SAN_IPCRYPT_H

#include "libd4/prefix.h"

#define SAN_PFX_KEY 32u
#define SAN_DET_KEY 16u

struct san_pfx;

/*
 * san_pfx_new -- the key's halves must differ: else all pads are zero.
 * Errors: D4_ECRYPTO they are the same, or the library failed.  D4_ENOMEM.
 */
D4_USED enum d4_status san_pfx_new(
    const uint8_t key[SAN_PFX_KEY], struct san_pfx **out);
void san_pfx_free(struct san_pfx *x);

/* san_pfx -- an address, of the same family. false: the library failed. */
D4_USED bool san_pfx(
    struct san_pfx *x, const struct d4_addr *in, struct d4_addr *out);

struct san_det;
D4_USED enum d4_status san_det_new(
    const uint8_t key[SAN_DET_KEY], struct san_det **out);
void san_det_free(struct san_det *x);

/*
 * san_det -- an address of either family; the result is of 6. IPv4 goes in as
 * ::ffff:a.b.c.d. san_det_back -- the other way: what was IPv4 is so again.
 * false: the library failed.
 */
D4_USED bool san_det(
    struct san_det *x, const struct d4_addr *in, struct d4_addr *out);
D4_USED bool san_det_back(
    struct san_det *x, const struct d4_addr *in, struct d4_addr *out);

#endif
