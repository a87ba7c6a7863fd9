#!/bin/bash
# Runs deploy/shares.slurm on a real Slurm: its daemons are started here, on this machine alone, in a folder that goes
# away again. An array of shares is submitted; one share is requeued while it runs, and two that are lost are submitted
# again; what merge makes of the shares must be what the undivided run says.
#
# usage: test/slurm/run.sh      needs root, Go, and Debian's slurmctld, slurmd, slurm-client and munge; about four minutes,
#        two of which Slurm waits before it starts a requeued task
# exit status: 0 as it should be, 1 not, 2 a tool is missing
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in slurmctld slurmd sbatch munged mungekey go; do
	command -v "$tool" >/dev/null || { echo "test/slurm: $tool is missing"; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo "test/slurm: must be root, to start slurmd"; exit 2; }

dir=$(mktemp -d)
stop() {
	for f in "$dir"/*.pid; do [ ! -f "$f" ] || kill "$(cat "$f")" 2>/dev/null || true; done
	sleep 1
	rm -rf "$dir"
}
trap stop EXIT
go build -o "$dir/bin/hpcheck" ./cmd/hpcheck
export PATH="$dir/bin:$PATH"

mkdir -p "$dir/state" "$dir/spool" "$dir/work" "$dir/munge"
chmod 0755 "$dir"
chmod 0700 "$dir/munge"
mungekey --create --keyfile="$dir/munge/key"
munged --force --key-file="$dir/munge/key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
	--log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
host=$(hostname -s)
cat >"$dir/slurm.conf" <<CONF
ClusterName=hpcheck
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=17817
SlurmdPort=17818
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF="$dir/slurm.conf"
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF" -N "$host"

wait_for() { # WHAT, COMMAND...: at most four minutes
	local what=$1
	shift
	for _ in $(seq 480); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.5
	done
	echo "test/slurm: $what did not happen"
	tail -n 20 "$dir"/*.log "$dir"/work/*.out 2>/dev/null || true
	exit 1
}
idle() { [ "$(squeue -h | wc -l)" = 0 ]; }
ready() { sinfo -h -o %T | grep -q idle; }
wait_for "a node that is idle" ready

shares=4
arguments=(--kernel v4.6-rc3 --cpus 6 --reduce none --checkpoint-interval 200ms)
script=$PWD/deploy/shares.slurm
cd "$dir/work"
submit() { sbatch --parsable --cpus-per-task=1 --mem=0 --output=%a.out "$@" "$script" "$shares" "${arguments[@]}"; }

job=$(submit --array=1-$shares)
wait_for "a checkpoint of a share" sh -c 'ls share-*.checkpoint'
task=$(ls share-*.checkpoint | head -n 1 | tr -dc 0-9)
scontrol requeue "${job}_$task"
wait_for "the end of the array" idle
grep -q "^share $task/$shares goes on from its checkpoint$" "$task.out"
rm -f share-2.json share-4.json # they were lost, and are submitted again
submit --array=2,4 >/dev/null
wait_for "the end of the second array" idle

hpcheck merge share-*.json --json joint.json >joint.txt || [ $? = 1 ]
hpcheck "${arguments[@]:0:6}" --json whole.json -q >/dev/null || [ $? = 1 ]
hpcheck merge whole.json >whole.txt || [ $? = 1 ]
verdicts() { sed -n 's/^  \([a-z-]*  .*\)/\1/p' "$1"; }
cat joint.txt
grep -q "^exhaustive: all $shares shares of the run$" joint.txt
[ "$(verdicts joint.txt)" = "$(verdicts whole.txt)" ] || { echo "test/slurm: the verdicts differ"; diff joint.txt whole.txt; exit 1; }
echo "test/slurm: $shares shares, one requeued, two submitted again: the verdicts and lengths of the undivided run"
