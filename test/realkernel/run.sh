#!/bin/sh
# Boots a Debian kernel in qemu and runs a shell script in it, as root, with the files of CPU hotplug at hand. What the
# script prints is printed here; then come the lines of the kernel's log that warn.
#
#   test/realkernel/run.sh SCRIPT [PACKAGE [MODULE...]]
#
# A script may ask for another machine, in lines of its own: "# smp: 4,threads=2" for the CPUs, "# append: nosmt" for the
# kernel's command line. PACKAGE is a package with a kernel, the one that linux-image-cloud-amd64 depends on if none is
# named; linux-binary-* from 6.19 on. The end of its name says for which architecture it is: amd64, arm64, riscv64, s390x
# or ppc64el. The modules, such as cpuid, lie in /modules for insmod.
#
# It needs qemu-system-* of that architecture, cpio, and apt-get for the kernel and, for another architecture, for
# busybox-static; both are unpacked and not installed. Another suite than the machine's own is named by APT_CONFIG
# (apt.conf(5)), with lists of its own that somebody has updated:
#
#   Dir::Etc::sourcelist "backports.list"; Dir::Etc::sourceparts "-"; Dir::State::Lists "lists"; APT::Architecture "arm64";
#
# KVM is tried; without it the guest is emulated, which takes seconds longer.
set -eu
script=${1:?which script?}
package=${2:-$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')}
shift $(($# < 2 ? $# : 2))
machine='' console=ttyS0
case $package in
*-arm64) arch=arm64 qemu=qemu-system-aarch64 machine='-M virt -cpu cortex-a72' console=ttyAMA0 ;;
*-riscv64) arch=riscv64 qemu=qemu-system-riscv64 machine='-M virt' ;;
*-s390x) arch=s390x qemu=qemu-system-s390x machine='-M s390-ccw-virtio' console=ttysclp0 ;;
*-powerpc64le | *-ppc64el) arch=ppc64el qemu=qemu-system-ppc64 machine='-M pseries' console=hvc0 ;;
*) arch=amd64 qemu=qemu-system-x86_64 machine='-cpu max,vendor=GenuineIntel' ;;
esac
for tool in "$qemu" cpio dpkg-deb; do
	command -v "$tool" >/dev/null || { echo "run.sh: $tool is not installed" >&2; exit 2; }
done
work=${TMPDIR:-/tmp}/hpcheck-realkernel
mkdir -p "$work"
# unpack PACKAGE: it comes to $work/PACKAGE.unpacked
unpack() {
	(cd "$work" && apt-get -o "APT::Architecture=$arch" download -qq "$1" >/dev/null 2>&1 && dpkg-deb -x "$1"_*.deb "$1.unpacked") || {
		echo "run.sh: $1 cannot be had from apt-get" >&2
		exit 2
	}
}
if [ ! -f "$work/$package/vmlinuz" ]; then
	mkdir -p "$work/$package"
	unpack "$package"
	find "$work/$package.unpacked/boot" "$work/$package.unpacked/usr/lib/modules" -name 'vmlinu[xz]*' -type f 2>/dev/null |
		head -n 1 | xargs -I{} cp {} "$work/$package/vmlinuz"
	[ -f "$work/$package/vmlinuz" ] || { echo "run.sh: $package has no kernel; from 6.19 on linux-binary-* has it" >&2; exit 2; }
	rm -rf "$work/$package.unpacked"
fi
busybox=$(command -v busybox || true)
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
	busybox=$work/busybox-$arch
	if [ ! -f "$busybox" ]; then
		(cd "$work" && rm -f busybox-static_*.deb)
		unpack busybox-static
		find "$work/busybox-static.unpacked" -path '*/bin/busybox' -type f | head -n 1 | xargs -I{} cp {} "$busybox"
		rm -rf "$work/busybox-static.unpacked"
	fi
fi
[ -f "$busybox" ] || { echo "run.sh: busybox is not installed" >&2; exit 2; }
for module; do
	[ -f "$work/$package/$module.ko" ] && continue
	dpkg-deb --fsys-tarfile "$work/$package"_*.deb | tar x -C "$work/$package" --wildcards --transform 's|.*/||' "*/$module.ko*" 2>/dev/null || {
		echo "run.sh: $package has no module $module" >&2 # it may be built in
		continue
	}
	[ ! -f "$work/$package/$module.ko.xz" ] || xz -d "$work/$package/$module.ko.xz"
done
run=$(mktemp -d "$work/run.XXXXXX")
trap 'rm -rf "$run"' EXIT
mkdir -p "$run/root/bin" "$run/root/proc" "$run/root/sys" "$run/root/dev" "$run/root/tmp"
cp "$busybox" "$run/root/bin/busybox"
cp "$script" "$run/root/script"
mkdir "$run/root/modules"
for module; do
	[ ! -f "$work/$package/$module.ko" ] || cp "$work/$package/$module.ko" "$run/root/modules"
done
sed "s|CONSOLE|$console|" >"$run/root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tracefs trace /sys/kernel/tracing
exec >/dev/CONSOLE 2>&1
echo # the firmware may have left a line unfinished
echo "== begin"
uname -r
sh /script --yes
echo "== log"
dmesg | grep -E 'WARNING|BUG|DEAD callback|callback error|INFO: task|hung' || true
echo "== end"
sleep 1
echo b >/proc/sysrq-trigger # and not poweroff, which waits for the lock of hotplug
INIT
chmod +x "$run/root/init"
(cd "$run/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$run/initrd"
asks() { sed -n "s/^# $1: //p" "$script" | head -n 1; }
smp=$(asks smp)
begun() { tr -d '\r' <"$run/console" 2>/dev/null | grep -q '^== begin'; }
# boot ACCELERATOR SECONDS LONGER: it has so many seconds to come to the script, and then so many for it.
boot() {
	: >"$run/console"
	# shellcheck disable=SC2086 # the machine is several words
	timeout -k 5 "$(($2 + $3))" "$qemu" $machine -accel "$1" -smp "${smp:-4}" -m 1G -display none -monitor none -nic none -no-reboot \
		-serial "file:$run/console" -kernel "$work/$package/vmlinuz" -initrd "$run/initrd" \
		-append "console=$console panic=-1 quiet loglevel=0 $(asks append)" </dev/null >"$run/qemu" 2>&1 &
	guest=$! left=$2
	while ! begun && [ "$left" -gt 0 ] && kill -0 "$guest" 2>/dev/null; do
		sleep 1
		left=$((left - 1))
	done
	begun || kill "$guest" 2>/dev/null || true
	wait "$guest" || true
	begun
}
{ [ "$arch" = "$(dpkg --print-architecture)" ] && [ -w /dev/kvm ] && boot kvm 15 60; } || boot tcg,thread=multi 200 600 || boot tcg,thread=multi 200 600 || {
	echo "run.sh: the guest did not start" >&2
	cat "$run/qemu" "$run/console" >&2
	exit 1
}
tr -d '\r' <"$run/console" | sed -n '/^== begin/,/^== end/p' | grep -v '^== begin'
tr -d '\r' <"$run/console" | grep -q '^== end' || { echo "run.sh: the guest did not come to its end" >&2; exit 1; }
