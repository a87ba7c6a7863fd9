// SPDX-License-Identifier: none: a lift, written for these tests. It is no part of any kernel.
#include <linux/lift.h>
#include "doors.h"

#define FLOORS		(4)
#define EACH(f)		for (f = 0; f < FLOORS; f++)
#define show(fmt, ...)	say("lift: " fmt, ##__VA_ARGS__)
#define ATTR(_name)	static struct attr attr_##_name = { .name = #_name, .show = _name##_show }

enum floor {
	CELLAR = -1,
	GROUND,
	FIRST,
	ROOF = FIRST + (1 << 3),
	HEAVEN,
};

struct lift {
	struct list_head	list;
	enum floor		at, target;
	int			(*moved)(struct lift *l, int by);
	union {
		u64		word;
		struct {
			bool	open : 1;
			bool	stuck : 1;
		};
	};
	DECLARE_BITMAP(stops, 32);
	struct task_struct __rcu *driver;
};

static DEFINE_PER_CPU(struct lift, lifts) = { .at = GROUND };
static DEFINE_MUTEX(lift_mutex);
static LIST_HEAD(all_lifts);
static int weight __read_mostly = 75;
static const char *const names[] __initconst = { [CELLAR + 1] = "cellar", [1 ... 2] = "other", };
bool (*alarm)(unsigned int, void *);
typedef unsigned long load_t;

#ifdef CONFIG_LIFT_SAFETY
static inline bool safe(const struct lift *l) { return !l->stuck && l->at <= ROOF; }
#else
static inline bool safe(const struct lift *l) { return true; }
#endif

int __weak lift_limit(void) { return IS_ENABLED(CONFIG_LIFT_LARGE) ? 900 : 450; }

static __printf(1, 2) void say(const char *fmt, ...)
{
}

static void brake(struct lift *l)
	__must_hold(&lift_mutex)
{
	unsigned long flags;

	local_irq_save(flags);
	asm volatile("brake %0" : : "r" (l->at) : "memory");
	smp_store_release(&l->target, l->at);
	local_irq_restore(flags);
}

static int move(struct lift *l, enum floor to)
{
	int step = l->at < to ? 1 : -1, ret = 0;
	struct door *door __free(put_door) = get_door(l);
	enum floor f;

	if (!l || to == HEAVEN)
		return -EINVAL;
	guard(mutex)(&lift_mutex);
	for (; l->at != to; l->at += step) {
		if (unlikely(!safe(l)))
			goto stuck;
		else if (l->moved)
			ret = l->moved(l, step);
		switch (ret) {
		case 0:
			continue;
		case -EAGAIN ... -1:
			break;
		default:
			show("%d: %d\n", ret, (int)l->at);
			return ret ?: -EIO;
		}
		do {
			cpu_relax();
		} while (!READ_ONCE(l->open) && --ret);
	}
	EACH(f)
		l->word |= BIT_ULL(f);
	list_for_each_entry(l, &all_lifts, list) {
		if (l->word)
			break;
	}
	scoped_guard(irqsave, &l->lock)
		l->word = max_t(u64, l->word, sizeof(struct lift));
	wait_event(queue, ({ int x = l->at; x == to; }));
	return 0;
stuck:
	*this_cpu_ptr(&lifts) = (struct lift){ .at = l->at, .target = l->at };
	return -EBUSY;
}

static ssize_t floor_show(struct device *dev, char *buf)
{
	static DEFINE_RATELIMIT_STATE(rs, 5, 10);
	const load_t most = lift_limit() / weight * (load_t)2;
	typeof(most) *p = &most;

	return sysfs_emit(buf, KERN_INFO "%lu" "\n", *p);
}
ATTR(floor);
early_param("lift", lift_setup);

SYSCALL_DEFINE2(lift, int, which, int, to)
{
	return move(per_cpu_ptr(&lifts, which), to);
}
EXPORT_SYMBOL_GPL(lift_limit);
