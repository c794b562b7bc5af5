/* What a partner whose keys can be forgotten may be given. */
#include "gate/gate.h"

/* Keys of epoch 0 are of the master: nobody could destroy them alone. */
static enum d4_status
check_forgettable(const struct gate *g, const struct pol_share *share,
    const struct pol_partner *to, struct d4_diag *diag)
{
	const struct san_chain *c = gate_chain(g, share->pipeline->id);

	if (!to->forgettable || c == NULL || !san_chain_needs_keys(c) ||
	    san_chain_epoch_s(c) != 0)
		return D4_OK;
	return d4_diag_set(diag, share->at,
	    "add `- epoch: 7d` to its steps, or take `forgettable` out",
	    "partner `%s` is forgettable, and pipeline `%s` has one key for "
	    "ever",
	    to->id, share->pipeline->id);
}

enum d4_status
gate_forgettable(const struct gate *g, struct d4_diag *diag)
{
	size_t n_shares = pol_n_shares(gate_policy(g)),
	       n = pol_n_partners(gate_policy(g));
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < n_shares; i++) {
		for (size_t j = 0; st == D4_OK && j < n; j++) {
			if (pol_share_to(gate_policy(g), i, j))
				st = check_forgettable(g,
				    pol_share_at(gate_policy(g), i),
				    pol_partner_at(gate_policy(g), j), diag);
		}
	}
	return st;
}
