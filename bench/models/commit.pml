/* Two-phase commit: N resource managers and a manager that collects their votes. Nothing is lost, anything may be late. */
mtype = { working, prepared, committed, aborted };
mtype manager[N] = working;
bool voted[N], counted[N], doCommit, doAbort;
byte votes, decided;

active [N] proctype resource() {
end:	do
	:: d_step { manager[_pid] == working -> manager[_pid] = prepared; voted[_pid] = true }
	:: d_step { manager[_pid] == working -> manager[_pid] = aborted }
	:: d_step { voted[_pid] && decided == 0 -> votes = votes + 1 - counted[_pid]; counted[_pid] = true }
	:: d_step { doCommit -> assert(!doAbort); manager[_pid] = committed }
	:: d_step { doAbort -> assert(!doCommit); manager[_pid] = aborted }
	od
}

active proctype transaction() {
end:	do
	:: d_step { decided == 0 && votes == N -> decided = 1; doCommit = true }
	:: d_step { decided == 0 -> decided = 2; doAbort = true }
	od
}
