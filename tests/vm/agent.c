// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of tests/vm/run: takes one command from a virtio port, runs it in /mnt/share and sends
 * its output and status back, unchanged. systemd starts it once a boot, nothing else calls it. It must
 * never add a byte of its own to the output, and never outlive its usefulness quietly: when it fails, its
 * unit restarts the machine, which the host sees as a failed VM.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 32768 /* what one write to a virtio port takes */
#define PIPE_BYTES (1024 * 1024)
#define COMMAND_MAX (16U * 1024 * 1024)

static void die(const char *what)
{
	fprintf(stderr, "mempol-agent: %s: %m\n", what);
	exit(1);
}

/* Reads the one-line attribute DIR/ENTRY/NAME. */
static bool read_attr(const char *dir, const char *entry, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, entry, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return false;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return true;
}

/* Finds the entry of a sysfs directory by an attribute: no udev link is needed, nor waited for. */
static bool find_entry(const char *dir, const char *attr, const char *want, char name[NAME_MAX + 1])
{
	struct dirent *entry;
	char value[128];
	DIR *d = opendir(dir);
	bool found = false;

	if (!d)
		return false;
	while (!found && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!read_attr(dir, entry->d_name, attr, value, sizeof(value)))
			continue;
		if (strcmp(value, want))
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		found = true;
	}
	closedir(d);
	return found;
}

static int open_port(const char *port)
{
	char name[NAME_MAX + 1], path[NAME_MAX + 8];
	int fd;

	if (!find_entry("/sys/class/virtio-ports", "name", port, name)) {
		errno = ENODEV;
		die(port);
	}
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void write_all(int fd, const char *buf, size_t size)
{
	while (size) {
		ssize_t n = write(fd, buf, size < CHUNK ? size : CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("write to the host");
		buf += n;
		size -= (size_t)n;
	}
}

static void read_all(int fd, char *buf, size_t size)
{
	while (size) {
		ssize_t n = read(fd, buf, size);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			die("read from the host");
		buf += n;
		size -= (size_t)n;
	}
}

/* A little-endian length, then that many bytes: NUL-terminated arguments. */
static char **read_command(int fd)
{
	uint32_t size, i;
	size_t args = 0;
	char *buf, **argv;

	read_all(fd, (char *)&size, sizeof(size));
	if (!size || size > COMMAND_MAX) {
		errno = EPROTO;
		die("command");
	}
	buf = malloc(size + 1);
	if (!buf)
		die("command");
	read_all(fd, buf, size);
	for (i = 0; i < size; i++)
		args += !buf[i];
	argv = calloc(args + 1, sizeof(*argv));
	if (!argv)
		die("command");
	for (i = 0, args = 0; i < size; i += (uint32_t)strlen(buf + i) + 1)
		argv[args++] = buf + i;
	return argv;
}

static void mount_disks(void)
{
	char name[NAME_MAX + 1], path[NAME_MAX + 8];

	if (mount("debugfs", "/sys/kernel/debug", "debugfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL))
		die("/sys/kernel/debug");
	if (mount("tracefs", "/sys/kernel/tracing", "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL))
		die("/sys/kernel/tracing");
	mkdir("/mnt/share", 0755);
	if (mount("share", "/mnt/share", "9p", 0,
		  "trans=virtio,version=9p2000.L,msize=512000,cache=mmap"))
		die("/mnt/share");

	if (find_entry("/sys/block", "serial", "data", name)) {
		snprintf(path, sizeof(path), "/dev/%s", name);
		mkdir("/mnt/data", 0755);
		if (mount(path, "/mnt/data", "ext4", 0, NULL))
			die("/mnt/data");
	}
	if (find_entry("/sys/block", "serial", "swap", name)) {
		snprintf(path, sizeof(path), "/dev/%s", name);
		if (swapon(path, 0))
			die("swapon");
	}
}

/* The agent itself is exempt from the OOM killer; what it runs must not be. */
static void lower_oom_guard(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "0", 1) != 1)
		fprintf(stderr, "oom_score_adj: %m\n");
	close(fd);
}

static void run_child(char **argv, int out)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close(null);
	lower_oom_guard();
	if (chdir("/mnt/share"))
		fprintf(stderr, "/mnt/share: %m\n");
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", "/bin/bash", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", "dumb", 1);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %m\n", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Passes on what is in the pipe now, at most @limit bytes; how many there were. */
static uint64_t pump(int from, int to, uint64_t limit)
{
	static char buf[CHUNK];
	uint64_t sum = 0;

	while (sum < limit) {
		ssize_t n = read(from, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		write_all(to, buf, (size_t)n);
		sum += (uint64_t)n;
	}
	return sum;
}

/* Runs until the command itself ends; what it left in the background may keep the pipe open. */
static int run(char **argv, int port, uint64_t *ret_bytes)
{
	struct pollfd fds[2];
	uint64_t bytes = 0;
	int pipefd[2], sigfd, status;
	sigset_t mask;
	pid_t pid;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	sigfd = signalfd(-1, &mask, SFD_CLOEXEC);
	if (sigfd < 0 || pipe2(pipefd, O_CLOEXEC))
		die("pipe");
	fcntl(pipefd[0], F_SETPIPE_SZ, PIPE_BYTES);
	fcntl(pipefd[0], F_SETFL, O_NONBLOCK);

	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		run_child(argv, pipefd[1]);
	close(pipefd[1]);

	fds[0] = (struct pollfd){ .fd = pipefd[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = sigfd, .events = POLLIN };
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents & POLLIN)
			bytes += pump(pipefd[0], port, PIPE_BYTES);
		else if (fds[0].revents & POLLHUP)
			fds[0].fd = -1;
		if (fds[1].revents & POLLIN) {
			struct signalfd_siginfo info;

			if (read(sigfd, &info, sizeof(info)) < 0)
				continue;
			if (waitpid(pid, &status, WNOHANG) == pid)
				break;
		}
	}
	bytes += pump(pipefd[0], port, 2 * PIPE_BYTES);
	*ret_bytes = bytes;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * The debug kernel's last word: what leaked goes to the console, where tests/runner looks. The first scan
 * only takes the objects' checksums; what nobody points to and has not changed by the second is a leak.
 */
static void report_leaks(void)
{
	int fd = open("/sys/kernel/debug/kmemleak", O_RDWR | O_CLOEXEC);
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return;
	if (write(fd, "scan", 4) == 4 && write(fd, "scan", 4) == 4)
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			fprintf(stderr, "%.*s", (int)n, buf);
	close(fd);
}

int main(void)
{
	char line[64], **argv;
	uint64_t bytes;
	int ctl, out, share, status;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	signal(SIGPIPE, SIG_IGN);
	ctl = open_port("mempol.ctl");
	out = open_port("mempol.out");
	mount_disks();
	write_all(ctl, "ready\n", 6);
	argv = read_command(ctl);
	status = run(argv, out, &bytes);
	report_leaks();
	share = open("/mnt/share", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (share >= 0)
		syncfs(share);
	snprintf(line, sizeof(line), "exit %d %llu\n", status, (unsigned long long)bytes);
	write_all(ctl, line, strlen(line));
	/* The host ends the machine. */
	for (;;)
		pause();
}
