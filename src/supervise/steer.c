// SPDX-License-Identifier: GPL-2.0-only
/* Where the kernel refuses one of these, a connection may be reset that would not have been: no reason to fail. */
#include "supervise/steer.h"

#include <linux/filter.h>
#include <linux/membarrier.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Any of the others: a number below n - 1, and one more from `away` on. */
void supervise_steer_away(int fd, unsigned int n, unsigned int away)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (__u32)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n - 1),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, away, 0, 1),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

/* Twice: in the first one a handshake's first packet is dealt with, in the second one its last. */
void supervise_steer_settle(void)
{
	for (int i = 0; i < 2; i++)
		(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void supervise_steer_end(int fd)
{
	const int unused = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused));
}
