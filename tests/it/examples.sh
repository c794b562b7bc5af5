#!/bin/sh
# Every policy that we show is valid, the demo's (with UUIDs filled in) too.
set -eu
for policy in "$D4_SOURCE"/docs/examples/*.yaml; do
	case $policy in *.tests.yaml) continue ;; esac
	"$D4_BIN/d4-policy" check "$policy"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
cp "$D4_SOURCE/demo/policy.yaml" "$work/policy.yaml"
for name in PCAP PDNS JSON HONEY; do
	n=$((n + 1))
	sed -i "s/@$name@/0000000$n-bfaa-4395-9bb1-ccb3b470d715/" \
	    "$work/policy.yaml"
done
"$D4_BIN/d4-policy" check "$work/policy.yaml"
