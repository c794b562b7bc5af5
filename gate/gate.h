/*
 * The gate: where the two engines meet. Loads a policy file, hands each
 * pipeline's steps to the sanitizers, and gives the policy the classes that
 * they computed. Used by relay and tools; see docs/adr/0002-gate.md.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "gate/vault.h"
#include "libd4/kit/file.h"
#include "policies/policy.h"
#include "sanitizers/chain.h"

struct gate;

/*
 * gate_load -- reads and compiles a policy file; networks' files are relative
 * to it. Errors: D4_EINVAL with *diag; D4_EIO with *diag. No gate then: the
 * caller keeps the one it has, or forwards nothing.
 */
D4_USED enum d4_status gate_load(
    const char *path, struct d4_diag *diag, struct gate **out);
void gate_free(struct gate *g);

const struct pol *gate_policy(const struct gate *g);

/*
 * gate_chain_to -- the chain of a share rule toward a partner: with
 * `concerns` one of its own, behind the filter for what is about the partner;
 * one of its own, too, for a partner that can be forgotten.
 * NULL: the rule does not reach it.
 */
const struct san_chain *gate_chain_to(
    const struct gate *g, const struct pol_share *share, const char *partner);

/* gate_chain -- the compiled chain of a pipeline; NULL: no such pipeline. */
const struct san_chain *gate_chain(const struct gate *g, const char *pipeline);

/*
 * gate_keys_load -- reads the master key that the policy names (relative to
 * the file, "file:" optional). Errors: as d4_master_read, with *diag.
 */
D4_USED enum d4_status gate_keys_load(struct gate *g, struct d4_diag *diag);

/*
 * gate_forgettable -- a forgettable partner gets no pipeline whose keys are
 * those of epoch 0. Errors: D4_EINVAL with *diag.
 */
D4_USED enum d4_status gate_forgettable(
    const struct gate *g, struct d4_diag *diag);

/* gate_master_path -- of the master key's file; allocated, NULL: none. */
char *gate_master_path(const struct gate *g);

/*
 * gate_keys_set -- the master key, from a supervisor. Copied.
 * gate_vault_set -- the secrets of forgettable partners; borrowed.
 */
void gate_vault_set(struct gate *g, const struct gate_vault *v);
void gate_keys_set(struct gate *g, const uint8_t master[D4_MASTER_LEN]);

/*
 * gate_keys -- the subkeys for a partner (cached); NULL when no master key
 * is loaded or the library failed: the caller forwards nothing.
 */
const struct san_keys *gate_keys(struct gate *g, const char *partner);

/*
 * struct gate_meet -- two addresses that method pool gave one and the same, to
 * a partner by a rule.
 */
struct gate_meet {
	const struct pol_share *share;
	const char *partner;
	struct d4_addr both[2];
};

/*
 * gate_collisions -- calls fn for each; returns how many. 0 also if there are
 * no keys to check with.
 */
size_t gate_collisions(struct gate *g,
    void (*fn)(void *arg, const struct gate_meet *m), void *arg);

#endif
