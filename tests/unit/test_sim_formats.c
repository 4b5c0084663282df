// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the traces that other programs write: columns by title, block requests as the pages they touch,
 * fio's iologs of several files, blkparse's text, LIRS and oracleGeneral, packed or not; and what is said of those that
 * are wrong. The format of mempolicyd's own traces is tested in test_sim_trace.c.
 */
#include "fixture.h"

#include <zlib.h>
#include <zstd.h>

#include "../../sim/sim.h"

static char *said;
static struct sim_source source;

static int load(void **state, const void *bytes, size_t size, struct sim_trace *ret)
{
	_cleanup_free_ char *path = tree_path(*state, "t");
	size_t length;
	FILE *err;
	int r;

	free(said);
	err = open_memstream(&said, &length);
	assert_non_null(err);
	tree_write_bytes(*state, "t", bytes, size);
	source.path = path;
	r = sim_trace_load(&source, err, ret);
	fclose(err);
	return r;
}

static struct sim_trace good(void **state, const char *text)
{
	struct sim_trace trace;

	if (load(state, text, strlen(text), &trace) < 0)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	return trace;
}

static void bad(void **state, const char *text, const char *message)
{
	struct sim_trace trace = { .nr_refs = 77 };

	assert_true(load(state, text, strlen(text), &trace) < 0);
	assert_int_equal(trace.nr_refs, 77);
	if (!strstr(said, message))
		fail_msg("'%s' lacks '%s'", said, message);
}

/* As a user names it. */
static void use_format(const char *name)
{
	const struct sim_format_name *format = sim_format_find(name);
	const char *problem;

	assert_non_null(format);
	source = (struct sim_source){ .format = format->format, .action = format->action };
	if (format->columns)
		assert_int_equal(sim_columns_parse(format->columns, &source.columns, &source.words,
						   &problem),
				 0);
}

static void use_columns(const char *text)
{
	const char *problem;

	use_format("csv");
	assert_int_equal(sim_columns_parse(text, &source.columns, &source.words, &problem), 0);
}

/* A letter each: r, w, d (removed), + (the same read goes on), with the object. */
static void assert_refs(struct sim_trace *trace, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	for (size_t i = 0; i < trace->nr_refs; i++)
		fprintf(f, "%s%c%u", i ? " " : "", "rwd+"[trace->refs[i].op],
			trace -> refs[i].object);
	fclose(f);
	assert_string_equal(text, wanted);
	sim_trace_free(trace);
}

static void test_columns_are_found_by_their_titles(void **state)
{
	static const char text[] = "# made today\nwhen,Key,n,what\n1,a,5000,get\n2,b,1,set\n";
	struct sim_trace trace;

	use_columns("time=when,object=key,size=n,op=what");
	trace = good(state, text);
	assert_int_equal(trace.refs[0].pages, 2);
	assert_refs(&trace, "r0 w1");
	use_columns("object=2,op=what");
	trace = good(state, text);
	assert_refs(&trace, "r0 w1");
	use_columns("object=nope,op=what");
	bad(state, text, ":2: --columns: 'nope' is no title; the first line is: when,Key,n,what\n");
	use_columns("object=key,op=key");
	bad(state, text, ":2: --columns: ");
}

/* Case A1: without --columns the titles say it; with a # in front as well. */
static void test_the_usual_titles_need_no_columns(void **state)
{
	struct sim_trace trace;

	use_format("csv");
	trace = good(state,
		     "# time_ms, op, object, bytes\n0,1,A,8371\n100,1,B,31\n160,1,C,3668\n"
		     "310,1,A,8371\n420,0,B,4096\n530,1,B,4096\n600,2,A,8371\n700,1,A,8371\n");
	assert_true(trace.are_files);
	assert_null(trace.index);
	assert_int_equal(sim_trace_referenced_pages(&trace), 3 + 1 + 1 + 3 + 1 + 1 + 3);
	assert_refs(&trace, "r0 r1 r2 r0 w1 r1 d0 r0");
	use_format("csv");
	trace = good(state, "size,key\n5000,a\n1,b\n");
	assert_int_equal(trace.refs[0].pages, 2);
	assert_refs(&trace, "r0 r1");
	/* Which size is meant, nobody can tell. */
	use_format("csv");
	bad(state, "time,key,size,bytes\n0,a,1,zz\n", ":2: unknown op 'zz'");
}

static void test_words_of_the_op_column_are_explained(void **state)
{
	static const char *const wrong[][2] = {
		{ "", "an op is WORD=read" },
		{ "x", "an op is WORD=read" },
		{ "=read", "an op is WORD=read" },
		{ "x=reed", "an op is one of read, write" },
		{ "x=read,", "a word is missing" },
		{ "12345678901234567=read", "at most 16 letters" },
	};
	struct sim_op_words words = {};
	struct sim_trace trace;
	const char *problem;

	use_columns("object=1,op=2");
	assert_int_equal(sim_op_words_parse("28=read,2a=write,get=skip,X=remove", &source.words,
					    &problem),
			 0);
	trace = good(state, "a,28\nb,2A\na,get\na,x\na,read\n");
	assert_refs(&trace, "r0 w1 d0 r0");
	bad(state, "a,28\nb,zz\n", ":2: unknown op 'zz': get, set, delete and the like");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(sim_op_words_parse(wrong[i][0], &words, &problem), -EINVAL);
		assert_int_equal(words.nr, 0);
		if (!strstr(problem, wrong[i][1]))
			fail_msg("'%s': '%s' lacks '%s'", wrong[i][0], problem, wrong[i][1]);
	}
}

#define MSR                                               \
	"128166372003061629,usr,0,Read,0,4096,1331\n"     \
	"128166372016382155,usr,0,Read,512,4096,2046\n"   \
	"128166372026382245,usr,0,Write,8192,16384,702\n" \
	"128166372036382245,usr,0,Read,12288,4096,500\n"  \
	"128166372046382245,usr,1,Read,0,4096,500\n"

/* Case A2. */
static void test_block_requests_are_the_pages_they_touch(void **state)
{
	struct sim_trace trace;

	use_format("msr");
	trace = good(state, MSR);
	assert_int_equal(trace.nr_objects, 7);
	assert_int_equal(trace.nr_files, 2);
	assert_false(trace.are_files);
	/* Page 3 of disk 0, and page 0 of disk 1. */
	assert_int_equal(trace.index[3], 3);
	assert_int_equal(trace.files[3], 0);
	assert_int_equal(trace.index[6], 0);
	assert_int_equal(trace.files[6], 1);
	assert_refs(&trace, "r0 r0 r1 w2 w3 w4 w5 r3 r6");
	/* No byte is no page; a disk of another host is another disk. */
	trace = good(state, "1,a,0,Read,0,0,1\n1,a,0,Read,0,1,1\n1,b,0,Read,0,1,1\n");
	assert_refs(&trace, "r0 r1");
	bad(state, "1,a,0,Read,-1,1,1\n", ":1: offset '-1' is no number\n");
	bad(state, "1,a,0,Read,9999999999999999999,1,1\n",
	    ":1: offset '9999999999999999999' is out");
	bad(state, "1,a,0,Read,0,4503599627370497,1\n", ":1: size '4503599627370497' is out");
	bad(state, "1,a,0,Read,0,1099511627776,1\n", ":1: more than 134217728 references");
}

static void test_cloudphysics_counts_in_sectors(void **state)
{
	struct sim_trace trace;

	use_format("cloudphysics");
	trace = good(state, "version,time,op,size,lbn\n1,33898,2a,512,7\n1,33898,28,4096,1\n"
			    "1,33899,42,4096,1\n");
	assert_refs(&trace, "w0 r0 r1");
	bad(state, "1,33898,35,512,7\n",
	    ":1: unknown op '35': say what it means, as in --ops 35=skip\n");
	use_format("csv");
	bad(state, "version,time,op,size,lbn\n1,33898,2a,512,7\n",
	    "; --format cloudphysics knows those of SCSI\n");
}

#define FIO                                                            \
	"0 /data/a.db add\n0 /data/b.db add\n1 /data/a.db open\n"      \
	"1 /data/b.db open\n100 /data/a.db read 0 8192\n"              \
	"200 /data/b.db read 0 4096\n300 /data/a.db write 4096 4096\n" \
	"400 /data/a.db read 0 4096\n500 /data/a.db close\n"

/* Case A3. A name that says nothing is no hindrance. */
static void test_iologs_keep_files_apart(void **state)
{
	struct sim_trace trace;

	source = (struct sim_source){ .format = SIM_FORMAT_TEXT, .format_is_guess = true };
	trace = good(state, "fio version 3 iolog\n" FIO);
	assert_int_equal(trace.nr_files, 2);
	assert_int_equal(trace.files[2], 1);
	assert_refs(&trace, "r0 r1 r2 w1 r0");
	use_format("fio");
	trace = good(state, "fio version 2 iolog\na add\na open\na read 0 8192\na wait 5 0\n"
			    "a trim 0 4097\na sync 0 0\na datasync\na read 4096 1\n");
	assert_refs(&trace, "r0 r1 d0 r1");
}

static void test_wrong_iologs_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{ "", ":1: the trace has no reference" },
		{ "fio version 4 iolog\n",
		  ":1: the first line is neither 'fio version 2 iolog' nor" },
		{ "fio version 3 iolog\n100 /data/a.db read 0 8192\n",
		  ":2: '/data/a.db' has been neither added nor opened: is the beginning" },
		{ "fio version 3 iolog\n0 a add\n0 a open\n1 b read 0 1\n", ":4: 'b' has been" },
		{ "fio version 3 iolog\na add\n", ":2: time 'a' is no number\n" },
		{ "fio version 2 iolog\na\n", ":2: a line is FILE ACTION [OFFSET LENGTH]\n" },
		{ "fio version 3 iolog\n1 a\n", ":2: a line is TIME FILE ACTION" },
		{ "fio version 3 iolog\n1 a read 0 1 2\n", ":2: a line is TIME FILE ACTION" },
		{ "fio version 2 iolog\na add\na reed 0 1\n",
		  ":3: unknown action 'reed': add, open" },
		{ "fio version 2 iolog\na add\na read 0\n", ":3: read needs OFFSET and LENGTH" },
		{ "fio version 2 iolog\na add\na read 0 -1\n", ":3: read needs OFFSET and LENGTH" },
		{ "fio version 2 iolog\na add\na read 4503599627370496 1\n",
		  ":3: the request goes beyond" },
		{ "fio version 2 iolog\na add\na read 0 1000000000000\n",
		  ":3: more than 134217728 references" },
	};

	use_format("fio");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		bad(state, wrong[i][0], wrong[i][1]);
}

#define BLK                                                                      \
	"  8,0    1        1     0.000000000   120  Q   R 2048 + 8 [postgres]\n" \
	"  8,0    1        2     0.000100000   120  G   R 2048 + 8 [postgres]\n" \
	"  8,0    1        3     0.000200000   120  D  RS 2048 + 8 [postgres]\n" \
	"  8,0    1        4     0.000300000     0  C   R 2048 + 8 [0]\n"        \
	"  8,0    1        5     0.000400000   121  Q FWS [jbd2]\n"              \
	"  8,0    1        6     0.000500000   121  Q  WS 2052 + 8 [jbd2]\n"     \
	"  8,16   1        7     0.000600000   121  Q  RA 2048 + 8 [cat]\n"      \
	"  8,0    0        8     0.000700000   121  m   N cfq121 insert\n"       \
	"  8,0    1        9     0.000800000   121  Q   D 2048 + 12 [fstrim]\n"  \
	"CPU0 (8,0):\n Reads Queued:           1,        4KiB\n\n"               \
	"Throughput (R/W): 4KiB/s / 4KiB/s\nEvents (8,0): 5 entries\nSkips: 0 forward\n"

static void test_one_event_of_a_request_counts(void **state)
{
	struct sim_trace trace;

	use_format("blkparse");
	trace = good(state, BLK);
	assert_int_equal(trace.nr_files, 2);
	assert_int_equal(trace.index[0], 256);
	assert_refs(&trace, "r0 w0 w1 r2 d0");
	use_format("blkparse-d");
	trace = good(state, BLK);
	assert_refs(&trace, "r0");
	use_format("blkparse-c");
	trace = good(state, BLK);
	assert_refs(&trace, "r0");
	bad(state, "8,0 1 1 0.1 1 Q R 0 + 8 [a]\n",
	    ":1: the trace has no reference: it has Q, write --format blkparse\n");
	use_format("blkparse");
	bad(state, "8,0 1 1 0.1 1 Q R 8 [a]\n", ":1: no 'SECTOR + SECTORS' behind Q R\n");
	bad(state, "8,0 1 1 0.1 1 Q R 99999999999999 + 8 [a]\n", ":1: sector 99999999999999 + 8");
	bad(state, "8,0 1 1 0.1 1\n", ":1: a line is DEVICE CPU");
	bad(state, "sda 1 1 0.1 1 Q R 0 + 8 [a]\n", ":1: 'sda' is no device, as in 8,0");
}

/* What has been given back is not given back again, however often all of the disk is. */
static void test_pages_are_given_back_once(void **state)
{
	enum { PAGES = 2000 };
	_cleanup_free_ char *text = NULL;
	struct sim_trace trace;
	size_t size, removed = 0;
	FILE *f = open_memstream(&text, &size);

	/* Every second page is written again and stays; the trims are larger than the trace. */
	for (unsigned int i = 0; i < PAGES; i++)
		fprintf(f,
			"8,0 1 1 0.1 1 Q W %u + 8 [a]\n8,0 1 1 0.1 1 Q D 0 + 99999999 [a]\n"
			"8,0 1 1 0.1 1 Q W %u + 8 [a]\n8,0 1 1 0.1 1 Q D %u + 99999999 [a]\n",
			i * 8, i * 8, i % 2 ? 0 : i * 8 + 8);
	fclose(f);
	use_format("blkparse");
	trace = good(state, text);
	assert_int_equal(trace.nr_objects, PAGES);
	for (size_t i = 0; i < trace.nr_refs; i++)
		removed += trace.refs[i].op == SIM_REMOVE;
	assert_int_equal(trace.nr_refs - removed, PAGES * 2);
	/* Each page as it comes, and each that stayed when the next whole trim comes. */
	assert_int_equal(removed, PAGES * 2);
	sim_trace_free(&trace);
}

/* Of a range its own pages alone, where blocks of pages begin and end within it or not. */
static void test_a_range_is_given_back_to_the_page(void **state)
{
	struct sim_trace trace;

	use_format("fio");
	trace = good(state, "fio version 2 iolog\na add\nb add\na read 0 1048576\n"
			    "b read 0 1048576\na trim 409600 4096\n"
			    "a trim 258048 262144\nb trim 0 4096\n");
	assert_int_equal(trace.nr_objects, 512);
	assert_int_equal(trace.nr_refs, 512 + 1 + 63 + 1);
	for (size_t i = 512; i < trace.nr_refs; i++)
		assert_int_equal(trace.refs[i].op, SIM_REMOVE);
	assert_int_equal(trace.refs[512].object, 100);
	for (size_t i = 513; i < 513 + 63; i++)
		assert_in_range(trace.refs[i].object, 63, 126);
	assert_int_equal(trace.refs[576].object, 256);
	sim_trace_free(&trace);
}

static void test_lirs_is_a_page_a_line(void **state)
{
	struct sim_trace trace;

	use_format("lirs");
	trace = good(state, " 7\n# c\n8\r\n7 \n*\n");
	assert_int_equal(trace.index[1], 8);
	assert_refs(&trace, "r0 r1 r0");
	bad(state, "1\n1 2\n", ":2: there is more than a page number: one a line\n");
	bad(state, "1\nx\n", ":2: 'x' is no page number: one a line\n");
	bad(state, "1234567890123456789\n", ":1: '1234567890123456789' is no page number");
}

static size_t add_record(unsigned char *at, uint64_t object, uint32_t bytes, int64_t next)
{
	memset(at, 0x11, 4);
	memcpy(at + 4, &object, 8);
	memcpy(at + 12, &bytes, 4);
	memcpy(at + 16, &next, 8);
	return 24;
}

static void test_oracle_general_is_read(void **state)
{
	unsigned char bytes[24 * 3];
	struct sim_trace trace;
	size_t at = 0;

	use_format("oracle");
	at += add_record(bytes, UINT64_MAX, 5000, 3);
	at += add_record(bytes + at, 7, 0, INT64_MAX);
	at += add_record(bytes + at, UINT64_MAX, 5000, -1);
	assert_int_equal(load(state, bytes, at, &trace), 0);
	assert_int_equal(trace.refs[0].pages, 2);
	assert_int_equal(trace.refs[1].pages, 1);
	assert_true(trace.are_files);
	assert_refs(&trace, "r0 r1 r0");
	assert_true(load(state, bytes, at - 1, &trace) < 0);
	assert_non_null(strstr(said, ":3: the file ends in the middle of a record of 24 bytes\n"));
	add_record(bytes + 24, 7, 0, -5);
	assert_true(load(state, bytes, at, &trace) < 0);
	assert_non_null(strstr(said,
			       ":2: this is no record of oracleGeneral: it would be used next "
			       "in record -5\n"));
}

/* Pages of the two files are no neighbours, and windows end where a file ends. */
static void test_each_file_is_read_ahead_by_itself(void **state)
{
	static const char text[] = "fio version 2 iolog\na add\nb add\nb read 8192 4096\n"
				   "a read 0 8192\na read 16384 4096\n";
	struct sim_trace trace;

	use_format("fio");
	source.readahead_pages = 8;
	trace = good(state, text);
	/* a: 0, 1, two that are not named, 4; b: 2 */
	assert_int_equal(trace.nr_objects, 6);
	assert_int_equal(trace.nr_unnamed, 2);
	assert_int_equal(trace.extents[0].begin, 0);
	assert_int_equal(trace.extents[0].end, 5);
	assert_true(trace.extents[0].from_start);
	assert_int_equal(trace.extents[1].begin, 5);
	assert_int_equal(trace.extents[1].end, 6);
	assert_false(trace.extents[1].from_start);
	assert_int_equal(trace.files[5], 1);
	assert_int_equal(trace.index[5], 2);
	assert_int_equal(trace.index[3], 3);
	assert_refs(&trace, "r5 r0 +1 r4");
}

/* Two readers in turn, each of its own file: both have their windows. */
static void test_files_read_in_turn_keep_their_windows(void **state)
{
	struct sim_job job = {
		.policy = sim_policy_find("lru"),
		.setup = { .cache_pages = 1000, .reclaim_pages = 64, .readahead_pages = 8 }
	};
	_cleanup_free_ char *text = NULL;
	struct sim_trace trace;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	fputs("fio version 2 iolog\na add\nb add\n", f);
	for (unsigned int i = 0; i < 64; i++)
		fprintf(f, "a read %u 4096\nb read %u 4096\n", i * 4096, i * 4096);
	fclose(f);
	use_format("fio");
	source.readahead_pages = 8;
	trace = good(state, text);
	assert_int_equal(sim_run(&job, 1, 1, &trace), 0);
	assert_int_equal(job.result.references, 128);
	assert_int_equal(job.result.missed_pages, 128);
	/* Only the first page of each is waited for. */
	assert_int_equal(job.result.misses, 2);
	sim_trace_free(&trace);
}

static size_t pack_gzip(const char *text, unsigned char *bytes, size_t size)
{
	z_stream stream = { .next_in = (unsigned char *)text,
			    .avail_in = (unsigned int)strlen(text),
			    .next_out = bytes,
			    .avail_out = (unsigned int)size };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return size - stream.avail_out;
}

static size_t pack_zstd(const char *text, unsigned char *bytes, size_t size)
{
	return ZSTD_compress(bytes, size, text, strlen(text), 3);
}

static void test_packed_traces_are_unpacked(void **state)
{
	static size_t (*const packers[])(const char *, unsigned char *, size_t) = { pack_gzip,
										    pack_zstd };
	unsigned char bytes[4096];
	struct sim_trace trace;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		size_t n, whole;

		use_format("text");
		n = packers[i]("r 0\nr 1\n", bytes, sizeof(bytes));
		assert_int_equal(load(state, bytes, n, &trace), 0);
		assert_refs(&trace, "r0 r1");
		/* Every beginning of it is too short. */
		for (size_t cut = 10; cut < n; cut++) {
			assert_true(load(state, bytes, cut, &trace) < 0);
			assert_non_null(strstr(said, "cannot be unpacked: its packed data ends too "
						     "early: fetch it once more\n"));
		}
		/* Two of them, and a line of its own counts on. */
		whole = n + packers[i]("r 2\nx\n", bytes + n, sizeof(bytes) - n);
		assert_true(load(state, bytes, whole, &trace) < 0);
		assert_non_null(strstr(said, ":4: unknown operation"));
		bytes[n - 1] ^= 0xff;
		bytes[n / 2] ^= 0xff;
		assert_true(load(state, bytes, n, &trace) < 0);
		assert_non_null(strstr(said, "cannot be unpacked: its "));
		assert_non_null(strstr(said, "data is damaged"));
	}
}

/* A few KiB that unpack to a hundred million references. */
static void test_what_unpacks_to_too_much_is_refused(void **state)
{
	static char text[1 << 20];
	static unsigned char bytes[1 << 20];
	struct sim_trace trace;
	size_t n;

	for (size_t i = 0; i + 13 < sizeof(text); i += 13)
		memcpy(text + i, "r 0 10000000\n", 13);
	n = pack_gzip(text, bytes, sizeof(bytes));
	assert_true(n < 8192);
	use_format("text");
	source.memory_bytes = 10 << 20;
	assert_true(load(state, bytes, n, &trace) < 0);
	assert_non_null(strstr(said, ":1: "));
	assert_non_null(strstr(said, "more than the 10 MiB a simulation may take here"));
}

static void test_a_window_of_zstd_is_bounded(void **state)
{
	/* A frame that asks for a window of 2 GiB. */
	static const unsigned char bytes[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8,
					       0x01, 0x00, 0x00, 0x00, 0x00 };
	struct sim_trace trace;

	use_format("text");
	assert_true(load(state, bytes, sizeof(bytes), &trace) < 0);
	assert_non_null(strstr(said,
			       "its zstd window is larger than 128 MiB: unpack it with zstdcat "
			       "--long=31\n"));
}

static void test_formats_are_guessed_by_name(void **state)
{
	assert_int_equal(sim_format_guess("a.CSV"), SIM_FORMAT_CSV);
	assert_int_equal(sim_format_guess("a.csv.zst"), SIM_FORMAT_CSV);
	assert_int_equal(sim_format_guess("a.oracleGeneral.bin.zst"), SIM_FORMAT_ORACLE);
	assert_int_equal(sim_format_guess("a.oracleGeneral"), SIM_FORMAT_ORACLE);
	assert_int_equal(sim_format_guess(".csv"), SIM_FORMAT_TEXT);
	assert_int_equal(sim_format_guess("a.bin"), SIM_FORMAT_TEXT);
	assert_null(sim_format_find("xml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_columns_are_found_by_their_titles),
		TREE_TEST(test_the_usual_titles_need_no_columns),
		TREE_TEST(test_words_of_the_op_column_are_explained),
		TREE_TEST(test_block_requests_are_the_pages_they_touch),
		TREE_TEST(test_cloudphysics_counts_in_sectors),
		TREE_TEST(test_iologs_keep_files_apart),
		TREE_TEST(test_wrong_iologs_are_refused),
		TREE_TEST(test_one_event_of_a_request_counts),
		TREE_TEST(test_pages_are_given_back_once),
		TREE_TEST(test_a_range_is_given_back_to_the_page),
		TREE_TEST(test_lirs_is_a_page_a_line),
		TREE_TEST(test_oracle_general_is_read),
		TREE_TEST(test_each_file_is_read_ahead_by_itself),
		TREE_TEST(test_files_read_in_turn_keep_their_windows),
		TREE_TEST(test_packed_traces_are_unpacked),
		TREE_TEST(test_what_unpacks_to_too_much_is_refused),
		TREE_TEST(test_a_window_of_zstd_is_bounded),
		cmocka_unit_test(test_formats_are_guessed_by_name),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	free(said);
	return r;
}
