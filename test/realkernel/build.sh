#!/bin/sh
# Builds a small kernel from Debian's source for the guests of run.sh, with CONFIG_CPU_HOTPLUG_STATE_CONTROL, so that hotplug/target takes every state.
# It prints the name that run.sh and record.sh take for a package. Ten minutes of one CPU, once.
#
#   test/realkernel/record.sh "$(test/realkernel/build.sh 6.1)" DIR --targets
#
# It needs the packages linux-source-VERSION, gcc, make, flex, bison, bc, libelf-dev and libssl-dev.
set -eu
version=${1:?which version, such as 6.1?}
for tool in gcc make flex bison bc xz; do
	command -v "$tool" >/dev/null || { echo "build.sh: $tool is not installed" >&2; exit 2; }
done
work=${TMPDIR:-/tmp}/hpcheck-realkernel
tree=$work/linux-source-$version
if [ ! -d "$tree" ]; then
	[ -f "/usr/src/linux-source-$version.tar.xz" ] || {
		echo "build.sh: linux-source-$version is not installed, and $tree is not there" >&2
		exit 2
	}
	mkdir -p "$work"
	tar xf "/usr/src/linux-source-$version.tar.xz" -C "$work"
fi
name=linux-source-$version-state-control
mkdir -p "$work/$name"
if [ ! -f "$work/$name/vmlinuz" ]; then
	cat >"$work/$name/fragment" <<'END'
CONFIG_64BIT=y
CONFIG_SMP=y
CONFIG_NR_CPUS=8
CONFIG_HOTPLUG_CPU=y
CONFIG_EXPERT=y
CONFIG_DEBUG_KERNEL=y
CONFIG_CPU_HOTPLUG_STATE_CONTROL=y
CONFIG_PREEMPT=y
CONFIG_ACPI=y
CONFIG_PCI=y
CONFIG_PRINTK=y
CONFIG_TTY=y
CONFIG_SERIAL_8250=y
CONFIG_SERIAL_8250_CONSOLE=y
CONFIG_BLK_DEV_INITRD=y
CONFIG_RD_GZIP=y
CONFIG_BINFMT_ELF=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_PROC_FS=y
CONFIG_SYSFS=y
CONFIG_DEVTMPFS=y
CONFIG_TMPFS=y
CONFIG_FTRACE=y
CONFIG_ENABLE_DEFAULT_TRACERS=y
CONFIG_HIGH_RES_TIMERS=y
CONFIG_NO_HZ_IDLE=y
CONFIG_CGROUPS=y
CONFIG_CPUSETS=y
CONFIG_FUTEX=y
CONFIG_EPOLL=y
CONFIG_POSIX_TIMERS=y
CONFIG_MULTIUSER=y
CONFIG_FILE_LOCKING=y
CONFIG_MAGIC_SYSRQ=y
CONFIG_KALLSYMS=y
CONFIG_BUG=y
CONFIG_DEBUG_BUGVERBOSE=y
CONFIG_X86_CPUID=y
CONFIG_X86_MSR=y
CONFIG_PERF_EVENTS=y
CONFIG_MODULES=y
CONFIG_RV=y
CONFIG_RV_REACTORS=y
CONFIG_RV_REACT_PRINTK=y
END
	make -s -C "$tree" O="$work/$name" KCONFIG_ALLCONFIG="$work/$name/fragment" tinyconfig >/dev/null
	(cd "$work/$name" && "$tree/scripts/kconfig/merge_config.sh" -m -O . .config fragment >/dev/null)
	make -s -C "$tree" O="$work/$name" olddefconfig >/dev/null
	grep -q '^CONFIG_CPU_HOTPLUG_STATE_CONTROL=y' "$work/$name/.config" || { echo "build.sh: the configuration lost CONFIG_CPU_HOTPLUG_STATE_CONTROL" >&2; exit 1; }
	make -s -C "$tree" O="$work/$name" -j "$(nproc)" bzImage >"$work/$name/log" 2>&1 || { tail -n 20 "$work/$name/log" >&2; exit 1; }
	cp "$work/$name/arch/x86/boot/bzImage" "$work/$name/vmlinuz"
fi
echo "$name"
