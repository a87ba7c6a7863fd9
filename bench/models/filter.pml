/* The filter lock for N threads. A thread sees all others in one step. */
byte level[N], victim[N], inside;
#define mine level[_pid]
#define below(i) (i >= N || i == _pid || level[(i) % N] < mine)
#define pass (victim[mine] != _pid || (below(0) && below(1) && below(2) && below(3) && below(4) && below(5) && below(6)))

active [N] proctype thread() {
idle:	do
	:: d_step { true -> mine = 1 };
	   do
	   :: d_step { true -> victim[mine] = _pid };
	      if
	      :: d_step { mine < N - 1 && pass -> mine = mine + 1 }
	      :: d_step { mine == N - 1 && pass -> assert(inside == 0); inside = 1 };
	         d_step { true -> inside = 0; mine = 0 };
	         goto idle
	      fi
	   od
	od
}
