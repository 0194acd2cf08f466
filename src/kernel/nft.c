// SPDX-License-Identifier: GPL-2.0-only
/*
 * libnftables 1.0.6 calls exit(3) where its netlink socket cannot be opened, and follows a wild pointer
 * where its cache cannot be filled. Either would end labctl in the middle of a run, with no undoing. So
 * it runs in a forked child (0.2 ms; executing `nft` takes 5), and an end without an answer is an error
 * like any other.
 */
#include "kernel/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The answer on the pipe: one byte, then output, NUL, errors. */
enum answer { REFUSED = 'r', DONE = 'd', BROKEN = 'b' };

static void put(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done < 0)
			return; /* the parent sees an answer that is cut */
		text += done;
		n -= (size_t)done;
	}
}

static _Noreturn void child(const char *commands, int answer, int words)
{
	const char *output, *errors;
	struct nft_ctx *ctx;
	char how = BROKEN;

	(void)dup2(words, STDERR_FILENO); /* else its words land between labctl's own */
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ctx || nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx)) {
		put(answer, &how, 1);
		_exit(1);
	}
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_STATELESS);
	how = nft_run_cmd_from_buffer(ctx, commands) ? REFUSED : DONE;
	/* each buffer is empty after it was read once */
	output = nft_ctx_get_output_buffer(ctx);
	errors = nft_ctx_get_error_buffer(ctx);
	put(answer, &how, 1);
	put(answer, output, strlen(output) + 1);
	put(answer, errors, strlen(errors) + 1);
	_exit(0);
}

static void read_all(int fd, struct strbuf *b)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			strbuf_addn(b, part, (size_t)n);
}

static int broke_down(int words, struct lab_error **err)
{
	char text[200];
	ssize_t n = pread(words, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return lab_error_make(err, LAB_FAILED, "libnftables broke down%s%s", *text ? ": " : "",
			      text);
}

static int understand(const struct strbuf *answer, struct kernel_nft *r)
{
	const char *output = answer->s + 1, *errors;

	if (!answer->len || answer->s[0] == BROKEN || answer->s[answer->len - 1])
		return -1;
	errors = output + strlen(output) + 1;
	if (errors >= answer->s + answer->len)
		return -1;
	*r = (struct kernel_nft){answer->s[0] == DONE, strdup(output), strdup(errors)};
	if (!r->output || !r->errors)
		abort();
	return 0;
}

static pid_t fork_child(const char *commands, const int ends[2], int words)
{
	sigset_t all, before;
	pid_t pid;

	/* the verb's signals are the verb's: the child finishes its transaction */
	(void)sigfillset(&all);                      /* cannot fail */
	(void)sigprocmask(SIG_BLOCK, &all, &before); /* as above */
	pid = fork();
	if (pid == 0)
		child(commands, ends[1], words);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* as above */
	return pid;
}

int kernel_nft_start(const char *commands, struct kernel_nft_job *job, struct lab_error **err)
{
	auto_close int words = memfd_create("nft", MFD_CLOEXEC);
	int ends[2];

	*job = (struct kernel_nft_job){0};
	if (words < 0 || pipe2(ends, O_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "nftables: make a pipe");
	job->pid = fork_child(commands, ends, words);
	(void)close(ends[1]); /* the child has its own */
	if (job->pid < 0) {
		job->pid = 0;
		(void)close(ends[0]); /* nothing will come */
		return lab_error_errno(err, LAB_FAILED, errno, "nftables: make a process");
	}
	job->answer = ends[0];
	job->words = steal_fd(&words);
	return 0;
}

int kernel_nft_finish(struct kernel_nft_job *job, struct kernel_nft *r, struct lab_error **err)
{
	auto_close int answer_fd = job->answer, words = job->words;
	auto_strbuf struct strbuf answer = {0};

	*r = (struct kernel_nft){0};
	read_all(answer_fd, &answer);
	while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
		;
	job->pid = 0;
	return understand(&answer, r) ? broke_down(words, err) : 0;
}

void kernel_nft_abandon(struct kernel_nft_job *job)
{
	auto_nft_result struct kernel_nft r = {0};

	(void)kernel_nft_finish(job, &r, NULL); /* of no interest to the caller */
}

int kernel_nft_run(const char *commands, struct kernel_nft *r, struct lab_error **err)
{
	struct kernel_nft_job job;

	*r = (struct kernel_nft){0};
	return kernel_nft_start(commands, &job, err) ? -1 : kernel_nft_finish(&job, r, err);
}

void kernel_nft_done(struct kernel_nft *r)
{
	free(r->output);
	free(r->errors);
}
