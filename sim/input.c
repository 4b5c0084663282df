// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes out of files and pipes, see input.h. zlib and libzstd unpack; a file may consist of several packed streams
 * one behind the other, as gzip and zstd make them.
 */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { MAGIC_MAX = 10 };

/* zlib: a window of 32 KiB, and a gzip header. */
#define GZIP_WINDOW (15 + 16)

struct sim_packer {
	const char *magic;
	size_t length;
	const char *program;
	int (*start)(struct sim_input *input); /* NULL: it cannot be unpacked here */
	/* Some of the buffer to @bytes: how many, and 0 if it needs more. */
	ssize_t (*unpack)(struct sim_input *input, void *bytes, size_t size);
	void (*done)(struct sim_input *input);
};

static int refuse(struct sim_input *input, const char *problem)
{
	snprintf(input->problem, sizeof(input->problem), "%s", problem);
	return -EBADMSG;
}

static int gzip_start(struct sim_input *input)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	if (inflateInit2(stream, GZIP_WINDOW) != Z_OK) {
		free(stream);
		return -ENOMEM;
	}
	input->stream = stream;
	return 0;
}

static ssize_t gzip_unpack(struct sim_input *input, void *bytes, size_t size)
{
	z_stream *stream = input->stream;
	int r;

	stream->next_in = (unsigned char *)input->buffer + input->begin;
	stream->avail_in = (unsigned int)(input->end - input->begin);
	stream->next_out = bytes;
	stream->avail_out = (unsigned int)size;
	r = inflate(stream, Z_NO_FLUSH);
	input->begin = input->end - stream->avail_in;
	input->inside = r != Z_STREAM_END;
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	if (r == Z_STREAM_END && inflateReset(stream) != Z_OK)
		return -ENOMEM;
	/* Z_BUF_ERROR: it needs more. */
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return refuse(input, "its gzip data is damaged: fetch it once more");
	return (ssize_t)(size - stream->avail_out);
}

static void gzip_done(struct sim_input *input)
{
	inflateEnd(input->stream);
	free(input->stream);
}

static int zstd_start(struct sim_input *input)
{
	input->stream = ZSTD_createDStream();
	return input->stream ? 0 : -ENOMEM;
}

static ssize_t zstd_unpack(struct sim_input *input, void *bytes, size_t size)
{
	ZSTD_inBuffer in = { .src = input->buffer + input->begin,
			     .size = input->end - input->begin };
	ZSTD_outBuffer out = { .dst = bytes, .size = size };
	size_t r = ZSTD_decompressStream(input->stream, &out, &in);

	input->begin += in.pos;
	if (!ZSTD_isError(r)) {
		/* 0: a frame has ended; whether another follows the file says. */
		input->inside = r != 0;
		return (ssize_t)out.pos;
	}
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		return refuse(
			input,
			"its zstd window is larger than 128 MiB: unpack it with zstdcat --long=31");
	default:
		return refuse(input, "its zstd data is damaged: fetch it once more");
	}
}

static void zstd_done(struct sim_input *input)
{
	ZSTD_freeDStream(input->stream);
}

static const struct sim_packer packers[] = {
	{ "\x1f\x8b", 2, "zcat", gzip_start, gzip_unpack, gzip_done },
	{ "\x28\xb5\x2f\xfd", 4, "zstdcat", zstd_start, zstd_unpack, zstd_done },
	{ .magic = "\xfd\x37zXZ", .length = 5, .program = "xzcat" },
	{ .magic = "BZh91AY&SY", .length = 10, .program = "bzcat" },
	{ .magic = "\x04\x22\x4d\x18", .length = 4, .program = "lz4cat" },
};

static ssize_t read_some(int fd, void *bytes, size_t size)
{
	ssize_t n;

	do
		n = read(fd, bytes, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* What is left moves to the front, a block comes behind it. */
static int fill(struct sim_input *input)
{
	ssize_t n;

	memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
	input->end -= input->begin;
	input->begin = 0;
	n = read_some(input->fd, input->buffer + input->end, sizeof(input->buffer) - input->end);
	if (n < 0)
		return (int)n;
	input->at_end = !n;
	input->end += (size_t)n;
	return 0;
}

static const struct sim_packer *find_packer(const struct sim_input *input)
{
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (input->end >= packers[i].length &&
		    !memcmp(input->buffer, packers[i].magic, packers[i].length))
			return &packers[i];
	return NULL;
}

int sim_input_start(struct sim_input *input, int fd)
{
	const struct sim_packer *packer;
	int r = 0;

	input->fd = fd;
	input->at_end = input->inside = false;
	input->begin = input->end = 0;
	input->packer = NULL;
	/* A pipe may come in pieces; an error comes again with the first bytes. */
	while (r == 0 && !input->at_end && input->end < MAGIC_MAX)
		r = fill(input);
	packer = find_packer(input);
	if (!packer)
		return 0;
	if (!packer->start) {
		snprintf(input->problem, sizeof(input->problem), "%s", packer->program);
		return -EPROTONOSUPPORT;
	}
	r = packer->start(input);
	if (r == 0)
		input->packer = packer;
	return r;
}

void sim_input_done(struct sim_input *input)
{
	if (input->packer)
		input->packer->done(input);
	input->packer = NULL;
}

/* The first bytes are in the buffer; the others need not pass it. */
static ssize_t read_plain(struct sim_input *input, void *bytes, size_t size)
{
	size_t left = input->end - input->begin;

	if (!left)
		return input->at_end ? 0 : read_some(input->fd, bytes, size);
	size = size < left ? size : left;
	memcpy(bytes, input->buffer + input->begin, size);
	input->begin += size;
	return (ssize_t)size;
}

static ssize_t unpack(struct sim_input *input, void *bytes, size_t size)
{
	for (;;) {
		size_t before = input->end - input->begin;
		ssize_t n = 0;
		int r;

		/* What a packer holds back comes without new input, too. */
		if (before || input->inside)
			n = input->packer->unpack(input, bytes, size);
		if (n)
			return n;
		if (input->end - input->begin && input->end - input->begin != before)
			continue;
		if (input->at_end && input->inside)
			return refuse(input, "its packed data ends too early: fetch it once more");
		if (input->at_end)
			return 0;
		r = fill(input);
		if (r < 0)
			return r;
	}
}

ssize_t sim_input_read(struct sim_input *input, void *bytes, size_t size)
{
	return input->packer ? unpack(input, bytes, size) : read_plain(input, bytes, size);
}
