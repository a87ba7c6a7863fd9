/* N philosophers, the last of whom takes his forks in the other order. */
bool taken[N];

#define eat(first, second) \
	do \
	:: d_step { !taken[first] -> taken[first] = true }; \
	   d_step { !taken[second] -> taken[second] = true }; \
	   d_step { assert(taken[first] && taken[second]); taken[first] = false }; \
	   d_step { true -> taken[second] = false } \
	od

active [N - 1] proctype philosopher() { eat(_pid, _pid + 1) }

active proctype lefty() { eat(0, N - 1) }
