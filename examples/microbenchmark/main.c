// SPDX-License-Identifier: GPL-2.0-only
/*
 * mempol-microbenchmark CONFIG [--csv FILE]: page-cache access patterns, and what they cost in page reads. Run
 * by people, tests and the demonstration, in the cgroup that they chose. It must never set a limit, drop
 * caches that it did not fill unless it is told so, or print anything but the result lines on stdout.
 */
#include "datafile.h"
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
	"Usage: " MB_NAME " CONFIG [--csv FILE] [--cold]\n"
	"\n"
	"Runs the access patterns of CONFIG on its file and prints, per entry of\n"
	"execution_sequence, the 4 KiB pages read from the file's device, page faults,\n"
	"refaults and seconds. It writes into the file that file_name names.\n"
	"\n"
	"  --csv FILE   also write one row per iteration and pattern to FILE\n"
	"  --cold       drop all caches of the machine first; only for root\n"
	"  --version    print the version\n"
	"  --help       print this\n"
	"\n"
	"Exit status: 0 ok, 1 failed, 2 usage. See " MB_NAME "(1).\n";

struct arguments {
	const char *config, *csv;
	bool cold;
};

/* Returns 0, or -1 with the exit status of a run that ends here. */
static int parse_arguments(int argc, char **argv, struct arguments *ret, int *ret_status)
{
	static const struct option options[] = {
		{ "csv", required_argument, NULL, 'c' },
		{ "cold", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct arguments arguments = { 0 };
	int c;

	*ret_status = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			arguments.csv = optarg;
			break;
		case 'd':
			arguments.cold = true;
			break;
		case 'h':
		case 'V':
			fputs(c == 'h' ? usage : MB_NAME " " MP_VERSION "\n", stdout);
			*ret_status = fflush(stdout) ? EXIT_FAILED : 0;
			return -1;
		default:
			fputs("Try '" MB_NAME " --help'.\n", stderr);
			return -1;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return -1;
	}
	arguments.config = argv[optind];
	*ret = arguments;
	return 0;
}

static int find_counters(const struct mb_config *config, int fd, struct mb_probe *ret_probe)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	r = mb_probe_init(ret_probe, "", st.st_dev);
	if (r < 0) {
		fprintf(stderr,
			"%s: page reads cannot be counted here (%s): put file_name on a file system "
			"with a disk of its own\n",
			config->file_name,
			r == -ENODEV	 ? "no block device" :
			r == -EOPNOTSUPP ? "its queue/iostats is 0" :
					   strerror(-r));
		return r;
	}
	if (ret_probe->refaults_of_system)
		fputs(MB_NAME ": no cgroup v2 memory controller: refaults are the whole "
			      "system's\n",
		      stderr);
	return 0;
}

static int print_results(const struct mb_config *config, const struct mb_result *results)
{
	for (unsigned int i = 0; i < config->nr_entries; i++)
		mb_report_line(stdout, config->sequence[i], &results[i]);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, MB_NAME ": cannot write to stdout: %m\n");
		return -EIO;
	}
	return 0;
}

/* As PagePatrol's run.sh did it. */
static int drop_caches(void)
{
	_cleanup_close_ int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	if (fd >= 0 && write(fd, "3", 1) == 1)
		return 0;
	fprintf(stderr, MB_NAME ": --cold: caches cannot be dropped: %m; it is for root\n");
	return -EPERM;
}

/* Finds the counters before it fills the file: where they are missing, no space is taken. */
static int run_counted(const struct mb_config *config, int fd, struct mb_stream *stream,
		       const struct arguments *arguments)
{
	struct mb_result results[MB_MAX_ENTRIES] = { 0 };
	struct mb_report report;
	struct mb_probe probe;
	int r, lost;

	r = find_counters(config, fd, &probe);
	if (r < 0)
		return r;
	r = mb_datafile_fill(fd, config->file_name, config->file_size, stderr);
	if (r >= 0 && arguments->cold)
		r = drop_caches();
	if (r >= 0)
		r = mb_report_open(&report, config, arguments->csv, stderr);
	if (r >= 0) {
		r = mb_run(config, fd, stream, &probe, &report, stderr, results);
		lost = mb_report_close(&report);
		if (r >= 0 && lost < 0)
			fputs(MB_NAME ": cannot write all of --csv or PF_Log_File_Name: is the "
				      "disk full?\n",
			      stderr);
		if (r >= 0)
			r = print_results(config, results);
		if (r >= 0)
			r = lost;
	}
	mb_probe_free(&probe);
	return r;
}

static int run_config(const struct mb_config *config, const struct arguments *arguments)
{
	_cleanup_close_ int fd = -1;
	struct mb_stream stream;
	int r;

	r = mb_stream_open(&stream, config, stderr);
	if (r < 0)
		return r;
	fd = mb_datafile_open(config->file_name, config->overwrite, stderr);
	r = fd < 0 ? fd : run_counted(config, fd, &stream, arguments);
	mb_stream_close(&stream);
	return r;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct mb_config config;
	int r, status;

	if (parse_arguments(argc, argv, &arguments, &status) < 0)
		return status;
	if (mb_config_load(arguments.config, stderr, &config) < 0)
		return EXIT_FAILED;
	r = run_config(&config, &arguments);
	mb_config_free(&config);
	return r < 0 ? EXIT_FAILED : 0;
}
