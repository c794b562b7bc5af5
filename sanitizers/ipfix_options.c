/*
 * Which elements of options leave: how an exporter samples and what it counts,
 * and of whom that is said. Interfaces, names and addresses do not; what would
 * be said of one of them does not either, since it would be said of all.
 * Sources: iana.org/assignments/ipfix; RFC 5476 (PSAMP), 7014 (sampling).
 */
#include "libd4/wire.h"
#include "sanitizers/ipfix_options.h"

#define OPTIONS_SCOPE 1u /* may say whom the others are about */
#define OPTIONS_TELLS 2u /* may be said of it */
#define OPTIONS_BOTH  (OPTIONS_SCOPE | OPTIONS_TELLS)

static const struct {
	struct ipf_row row;
	uint8_t role;
} options[] = {
    {{34, IPF_COPY, 4}, OPTIONS_TELLS},    /* samplingInterval */
    {{35, IPF_COPY, 1}, OPTIONS_TELLS},    /* samplingAlgorithm */
    {{36, IPF_COPY, 2}, OPTIONS_TELLS},    /* flowActiveTimeout */
    {{37, IPF_COPY, 2}, OPTIONS_TELLS},    /* flowIdleTimeout */
    {{40, IPF_COPY, 8}, OPTIONS_TELLS},    /* exportedOctetTotalCount */
    {{41, IPF_COPY, 8}, OPTIONS_TELLS},    /* exportedMessageTotalCount */
    {{42, IPF_COPY, 8}, OPTIONS_TELLS},    /* exportedFlowRecordTotalCount */
    {{48, IPF_COPY, 1}, OPTIONS_BOTH},     /* samplerId */
    {{49, IPF_COPY, 1}, OPTIONS_TELLS},    /* samplerMode */
    {{50, IPF_COPY, 4}, OPTIONS_TELLS},    /* samplerRandomInterval */
    {{85, IPF_COPY, 8}, OPTIONS_TELLS},    /* octetTotalCount */
    {{86, IPF_COPY, 8}, OPTIONS_TELLS},    /* packetTotalCount */
    {{130, IPF_HIDE4, 4}, OPTIONS_SCOPE},  /* exporterIPv4Address */
    {{131, IPF_HIDE6, 16}, OPTIONS_SCOPE}, /* exporterIPv6Address */
    {{134, IPF_COPY, 8}, OPTIONS_TELLS},   /* droppedOctetTotalCount */
    {{135, IPF_COPY, 8}, OPTIONS_TELLS},   /* droppedPacketTotalCount */
    {{143, IPF_NAME, 4}, OPTIONS_BOTH},    /* meteringProcessId */
    {{144, IPF_NAME, 4}, OPTIONS_BOTH},    /* exportingProcessId */
    {{145, IPF_COPY, 2}, OPTIONS_BOTH},    /* templateId */
    {{149, IPF_DOMAIN, 4}, OPTIONS_BOTH},  /* observationDomainId */
    {{164, IPF_COPY, 8}, OPTIONS_TELLS},   /* ignoredPacketTotalCount */
    {{165, IPF_COPY, 8}, OPTIONS_TELLS},   /* ignoredOctetTotalCount */
    {{166, IPF_COPY, 8}, OPTIONS_TELLS},   /* notSentFlowTotalCount */
    {{167, IPF_COPY, 8}, OPTIONS_TELLS},   /* notSentPacketTotalCount */
    {{168, IPF_COPY, 8}, OPTIONS_TELLS},   /* notSentOctetTotalCount */
    {{302, IPF_NAME, 8}, OPTIONS_BOTH},    /* selectorId */
    {{304, IPF_COPY, 2}, OPTIONS_TELLS},   /* selectorAlgorithm */
    {{305, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingPacketInterval */
    {{306, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingPacketSpace */
    {{307, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingTimeInterval */
    {{308, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingTimeSpace */
    {{309, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingSize */
    {{310, IPF_COPY, 4}, OPTIONS_TELLS},   /* samplingPopulation */
    {{311, IPF_COPY, 8}, OPTIONS_TELLS},   /* samplingProbability */
    {{318, IPF_COPY, 8}, OPTIONS_TELLS},   /* selectorIdTotalPktsObserved */
    {{319, IPF_COPY, 8}, OPTIONS_TELLS},   /* selectorIdTotalPktsSelected */
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* Its row, where it may have that role; or NULL. */
static const struct ipf_row *
options_row(const struct ipfix_field *f, unsigned role)
{
	size_t i = 0;

	if (f->enterprise != 0)
		return NULL;
	while (i < OPTIONS && options[i].row.id != f->id)
		i++;
	return i < OPTIONS && (options[i].role & role) != 0 ? &options[i].row
	                                                    : NULL;
}

enum ipf_op
ipf_option_of(const struct ipfix_field *f, bool scope)
{
	const struct ipf_row *row =
	    options_row(f, scope ? OPTIONS_SCOPE : OPTIONS_TELLS);
	enum ipf_op op;

	if (row != NULL)
		return ipf_row_op(row, f);
	/* Other addresses are looked for in what leaves, as in flows. */
	op = ipf_op_of(f);
	return op == IPF_HIDE4 || op == IPF_HIDE6 || op == IPF_EMPTY ? op
	                                                             : IPF_ZERO;
}

unsigned
ipf_scopes(uint16_t set, struct d4_slice record)
{
	return set == IPFIX_OPTIONS && record.n >= 6 ? d4_get_be16(record.p + 4)
	                                             : 0;
}

/* It leaves as what it is: its length is one that it may have. */
static bool
options_is(const struct ipfix_field *f, unsigned role)
{
	const struct ipf_row *row = options_row(f, role);

	return row != NULL && ipf_row_op(row, f) == (enum ipf_op)row->op;
}

/* A number that names something says nothing by itself. */
bool
ipf_leaves(uint16_t set, struct d4_slice record)
{
	struct d4_slice fields = ipfix_fields(record, set);
	unsigned scopes = ipf_scopes(set, record);
	bool tells = false;
	struct ipfix_field f;

	if (set != IPFIX_OPTIONS)
		return true;
	for (unsigned i = 0; ipfix_field_next(&fields, &f); i++) {
		if (i < scopes && !options_is(&f, OPTIONS_SCOPE))
			return false;
		tells =
		    tells || (i >= scopes && options_is(&f, OPTIONS_TELLS) &&
				 !options_is(&f, OPTIONS_SCOPE));
	}
	return scopes != 0 && tells;
}
