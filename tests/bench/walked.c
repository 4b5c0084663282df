// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table walks in the simulator: synthetic workloads at the paper's sizes, or a process' own tables and trace. The
 * command line of sim/walk/report.h; tests/bench/run walked and tests/bench/run translation call it. It judges nothing;
 * test_sim_walk and its neighbours hold what is right.
 */
#include <string.h>

#include "../../sim/walk/report.h"

static int usage(FILE *out)
{
	fputs("walked --report native|virt|nested [KEY=VALUE...]\n"
	      "	workload, size of pages, walk caches, design, cycles a walk, gain over the plain walk; then geometric means, with\n"
	      "	the paper's or \"-\" in place of the cycles\n"
	      "walked WORKLOAD|FORMAT:TRACE DESIGN[,DESIGN...] [KEY=VALUE...]\n"
	      "	workload, design, references, walks a reference, accesses one after the other and in all, cycles a walk, data\n"
	      "	cycles a reference, fallbacks a walk, references to what is not mapped\n"
	      "	--csv, --levels or --json: everything, the histogram, or both, in place of these columns\n"
	      "walked --convert FORMAT TRACE BINARY\n"
	      "walked --keys: the machine, as KEY=VALUE\n"
	      "\n",
	      out);
	walk_request_help(out);
	return out == stderr;
}

static int act(struct walk_request *request, int argc, char *argv[])
{
	int r = 0;

	if (argc == 5 && !strcmp(argv[1], "--convert"))
		return walk_report_convert(request, argv[2], argv[3], argv[4]);
	for (int i = 3; i < argc && r == 0; i++)
		r = walk_request_set(request, argv[i]);
	if (r < 0)
		return r;
	if (!strcmp(argv[1], "--report"))
		return walk_report(request, argv[2], stdout);
	return walk_report_one(request, argv[1], argv[2], stdout);
}

int main(int argc, char *argv[])
{
	static struct walk_request request;
	int r;

	walk_request_init(&request, "walked", stderr);
	if (argc == 2 && !strcmp(argv[1], "--keys")) {
		walk_config_print(&request.config, stdout);
		return fflush(stdout) ? 1 : 0;
	}
	if (argc < 3)
		return usage(argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
	r = act(&request, argc, argv);
	walk_request_done(&request);
	return r < 0 ? 1 : 0;
}
