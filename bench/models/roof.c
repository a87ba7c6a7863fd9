/*
 * How fast breadth-first search of packed 64-bit states can be on this machine: one thread, the model compiled in, one array of
 * keys of a size that is known beforehand, every slot asked for before it is used. It keeps no traces, checks no property, and its table
 * does not grow.
 *
 * roof MODEL N LOG2-OF-SLOTS
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

typedef uint64_t u64;
static int n;

static inline u64 get(u64 s, int at, int width) { return s >> at & ((1ull << width) - 1); }
static inline u64 set(u64 s, int at, int width, u64 v) { return (s & ~(((1ull << width) - 1) << at)) | v << at; }

static inline int commit(u64 s, u64 *out)
{
	int k = 0, tm = 4 * n;
	u64 undecided = get(s, tm, 2) == 0;
	if (undecided && get(s, 3 * n, n) == (1ull << n) - 1)
		out[k++] = set(s, tm, 2, 1) | 1ull << (tm + 2);
	if (undecided)
		out[k++] = set(s, tm, 2, 2) | 1ull << (tm + 3);
	for (int r = 0; r < n; r++) {
		if (undecided && get(s, 2 * n + r, 1))
			out[k++] = s | 1ull << (3 * n + r);
		if (get(s, 2 * r, 2) == 0) {
			out[k++] = set(s, 2 * r, 2, 1) | 1ull << (2 * n + r);
			out[k++] = set(s, 2 * r, 2, 3);
		}
		if (get(s, tm + 2, 1))
			out[k++] = set(s, 2 * r, 2, 2);
		if (get(s, tm + 3, 1))
			out[k++] = set(s, 2 * r, 2, 3);
	}
	return k;
}

static inline int philosophers(u64 s, u64 *out)
{
	int k = 0;
	for (int i = 0; i < n; i++) {
		int first = 2 * n + i, second = first + 1;
		if (i == n - 1)
			second = first, first = 2 * n;
		switch (get(s, 2 * i, 2)) {
		case 0: if (!get(s, first, 1)) out[k++] = set(s, 2 * i, 2, 1) | 1ull << first; break;
		case 1: if (!get(s, second, 1)) out[k++] = set(s, 2 * i, 2, 2) | 1ull << second; break;
		case 2: out[k++] = set(s, 2 * i, 2, 3) & ~(1ull << first); break;
		case 3: out[k++] = set(s, 2 * i, 2, 0) & ~(1ull << second); break;
		}
	}
	return k;
}

static inline int filter(u64 s, u64 *out)
{
	int k = 0;
	for (int i = 0; i < n; i++) {
		int at = 2 * n + 3 * i;
		u64 level = get(s, at, 3);
		switch (get(s, 2 * i, 2)) {
		case 0: out[k++] = set(set(s, at, 3, 1), 2 * i, 2, 1); break;
		case 1: out[k++] = set(set(s, 5 * n + 3 * (level - 1), 3, i), 2 * i, 2, 2); break;
		case 2: {
			int free = get(s, 5 * n + 3 * (level - 1), 3) != (u64)i;
			if (!free) {
				free = 1;
				for (int j = 0; j < n; j++)
					free &= j == i || get(s, 2 * n + 3 * j, 3) < level;
			}
			if (free && level == (u64)n - 1)
				out[k++] = set(s, 2 * i, 2, 3);
			else if (free)
				out[k++] = set(set(s, at, 3, level + 1), 2 * i, 2, 1);
			break;
		}
		case 3: out[k++] = set(set(s, at, 3, 0), 2 * i, 2, 0); break;
		}
	}
	return k;
}

static inline int peterson(u64 s, u64 *out)
{
	int k = 0;
	for (int i = 0; i < n; i++) {
		int pc = 3 * i, round = 3 * n + 3 * i, other = 6 * n + 3 * i;
		u64 j = get(s, round, 3), o = get(s, other, 3);
		switch (get(s, pc, 3)) {
		case 0: out[k++] = set(set(s, round, 3, 1), pc, 3, 1); break;
		case 1: out[k++] = j < (u64)n ? set(set(s, 9 * n + 3 * i, 3, j), pc, 3, 2) : set(s, pc, 3, 4); break;
		case 2: out[k++] = set(set(set(s, 12 * n + 2 * (j - 1), 2, i), other, 3, 0), pc, 3, 3); break;
		case 3:
			if (o < (u64)n && (o == (u64)i || get(s, 9 * n + 3 * o, 3) < j))
				out[k++] = set(s, other, 3, o + 1);
			if (get(s, 12 * n + 2 * (j - 1), 2) != (u64)i || o == (u64)n)
				out[k++] = set(set(s, round, 3, j + 1), pc, 3, 1);
			break;
		case 4: out[k++] = set(set(s, 9 * n + 3 * i, 3, 0), pc, 3, 0); break;
		}
	}
	return k;
}

static u64 *table, mask;

static inline u64 mix(u64 x)
{
	x ^= x >> 32, x *= 0xd6e8feb86659fd93ull, x ^= x >> 32, x *= 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

static inline int insert(u64 s, u64 slot)
{
	for (slot &= mask;; slot = (slot + 1) & mask) {
		if (table[slot] == s + 1)
			return 0;
		if (!table[slot]) {
			table[slot] = s + 1;
			return 1;
		}
	}
}

enum { batch = 64, most = 64 };

static inline __attribute__((always_inline)) void search(int (*successors)(u64, u64 *))
{
	static u64 out[batch * most], at[batch * most];
	u64 states = 1, transitions = 0, len = 1, cap[2] = { 1, 0 };
	u64 *level[2] = { calloc(1, 8), 0 };
	insert(0, mix(0));
	for (int now = 0; len; now = !now) {
		u64 fresh = 0, **next = &level[!now];
		for (u64 i = 0; i < len;) {
			int k = 0;
			for (int j = 0; j < batch && i < len; j++, i++)
				k += successors(level[now][i], out + k);
			for (int j = 0; j < k; j++) {
				at[j] = mix(out[j]);
				__builtin_prefetch(&table[at[j] & mask], 1);
			}
			if (fresh + k > cap[!now])
				*next = realloc(*next, 8 * (cap[!now] = 2 * (fresh + k)));
			for (int j = 0; j < k; j++)
				if (insert(out[j], at[j]))
					(*next)[fresh++] = out[j];
			transitions += k;
		}
		len = fresh, states += fresh;
	}
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	double s = u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	printf("%lu %lu %.3f %lu\n", states, transitions, s, u.ru_maxrss);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	n = atoi(argv[2]);
	u64 slots = 1ull << atoi(argv[3]);
	mask = slots - 1;
	table = mmap(0, 8 * slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		return 1;
	madvise(table, 8 * slots, MADV_HUGEPAGE);
	if (!strcmp(argv[1], "commit"))
		search(commit);
	else if (!strcmp(argv[1], "philosophers"))
		search(philosophers);
	else if (!strcmp(argv[1], "filter"))
		search(filter);
	else if (!strcmp(argv[1], "peterson"))
		search(peterson);
	return 0;
}
