// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats results. Called by runner.c and main.c. The line of stdout is an interface that scripts parse:
 * it must never change but by fields added at its end.
 */
#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static u64 pages(u64 sectors)
{
	return sectors / MB_SECTORS_PER_PAGE;
}

static u64 get_sectors(const struct mb_result *result)
{
	u64 all = result->counters.sectors_read;

	return all > result->scan_sectors ? all - result->scan_sectors : 0;
}

void mb_report_line(FILE *out, enum mb_pattern pattern, const struct mb_result *sum)
{
	const struct mb_counters *c = &sum->counters;

	fprintf(out,
		"%s page_reads=%llu major_faults=%llu minor_faults=%llu refaults=%llu seconds=%.3f",
		mb_pattern_names[pattern], (unsigned long long)pages(c->sectors_read),
		(unsigned long long)c->major_faults, (unsigned long long)c->minor_faults,
		(unsigned long long)c->refaults, (double)c->time_ns / 1e9);
	if (pattern == MB_GET_SCAN)
		fprintf(out, " get_reads=%llu", (unsigned long long)pages(get_sectors(sum)));
	fputc('\n', out);
}

static int open_output(FILE **ret_file, const char *path, FILE *err)
{
	*ret_file = fopen(path, "we");
	if (*ret_file)
		return 0;
	fprintf(err, "%s: cannot write: %m\n", path);
	return -EIO;
}

int mb_report_open(struct mb_report *ret_report, const struct mb_config *config,
		   const char *csv_path, FILE *err)
{
	_cleanup_fclose_ FILE *csv = NULL, *log = NULL;
	_cleanup_free_ char *log_path = NULL;

	if (csv_path && open_output(&csv, csv_path, err) < 0)
		return -EIO;
	if (config->log_name) {
		if (asprintf(&log_path, "%s.log", config->log_name) < 0)
			return -ENOMEM;
		if (open_output(&log, log_path, err) < 0)
			return -EIO;
	}
	if (csv)
		fputs("iteration,entry,pattern,page_reads,major_faults,minor_faults,refaults,seconds,"
		      "get_reads\n",
		      csv);
	if (log)
		fputs("Index,Message,Minor Page Faults,Major Page Faults\n", log);
	*ret_report = (struct mb_report){ .csv = csv, .log = log };
	csv = log = NULL;
	return 0;
}

static void write_csv_row(FILE *csv, u64 iteration, unsigned int entry, enum mb_pattern pattern,
			  const struct mb_result *result)
{
	const struct mb_counters *c = &result->counters;

	fprintf(csv, "%llu,%u,%s,%llu,%llu,%llu,%llu,%.6f,", (unsigned long long)iteration, entry,
		mb_pattern_names[pattern], (unsigned long long)pages(c->sectors_read),
		(unsigned long long)c->major_faults, (unsigned long long)c->minor_faults,
		(unsigned long long)c->refaults, (double)c->time_ns / 1e9);
	if (pattern == MB_GET_SCAN)
		fprintf(csv, "%llu", (unsigned long long)pages(get_sectors(result)));
	fputc('\n', csv);
}

void mb_report_step(struct mb_report *report, u64 iteration, unsigned int entry,
		    enum mb_pattern pattern, const struct mb_result *result)
{
	struct rusage usage;

	if (report->log) {
		getrusage(RUSAGE_SELF, &usage);
		fprintf(report->log, "%u,%s,%ld,%ld\n", report->log_index++,
			mb_pattern_names[pattern], usage.ru_minflt, usage.ru_majflt);
		fflush(report->log);
	}
	if (report->csv) {
		write_csv_row(report->csv, iteration, entry, pattern, result);
		fflush(report->csv);
	}
}

static int close_output(FILE *file)
{
	bool failed;

	if (!file)
		return 0;
	failed = ferror(file);
	return fclose(file) || failed ? -EIO : 0;
}

int mb_report_close(struct mb_report *report)
{
	int csv = close_output(report->csv), log = close_output(report->log);

	*report = (struct mb_report){ 0 };
	return csv < 0 ? csv : log;
}
