/* The same lock where a thread looks at one other after the other. */
byte at[N], last[N], inside;

active [N] proctype thread() {
	byte round, other;
idle:	do
	:: d_step { true -> round = 1 };
	   do
	   :: d_step { round < N -> at[_pid] = round };
	      d_step { true -> last[round - 1] = _pid; other = 0 };
	      do
	      :: d_step { other < N && (other == _pid || at[other] < round) -> other = other + 1 }
	      :: d_step { last[round - 1] != _pid || other == N -> round = round + 1 }; break
	      od
	   :: d_step { round == N -> assert(inside == 0); inside = 1 };
	      d_step { true -> inside = 0; at[_pid] = 0 };
	      goto idle
	   od
	od
}
