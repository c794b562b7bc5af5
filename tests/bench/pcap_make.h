/* For pcap_bench: a capture of backscatter, the same in every run. */
#ifndef PCAP_MAKE_H
#define PCAP_MAKE_H

/* bench_make -- writes so many packets to a file; 0, or an exit code. */
int bench_make(const char *path, unsigned long packets);

#endif
