#!/bin/sh
# Builds a module for a kernel of Debian, and puts it where run.sh looks for modules.
#
#   test/realkernel/module.sh FILE.c PACKAGE
#
# PACKAGE is as run.sh takes it, linux-image-6.12.117+deb12-cloud-amd64. The headers come from apt-get, and are unpacked, not installed. It needs gcc, in the
# version with which the kernel was built (gcc-12 on Debian 12), and make.
set -eu
file=$(realpath "${1:?which FILE.c?}")
package=${2:?for which PACKAGE?}
headers=linux-headers-${package#linux-image-}
name=$(basename "$file" .c)
work=${TMPDIR:-/tmp}/hpcheck-realkernel
mkdir -p "$work/$package" "$work/headers"
for tool in gcc make dpkg-deb; do
	command -v "$tool" >/dev/null || { echo "module.sh: $tool is not installed" >&2; exit 2; }
done
if [ ! -d "$work/headers/usr/src/$headers" ]; then
	rm -rf "$work/headers.part"
	mkdir -p "$work/headers.part"
	needs=$(apt-cache depends "$headers" | sed -n 's/^ *Depends: \(linux-headers-[^ ]*-common[^ ]*\|linux-kbuild-[^ ]*\)$/\1/p')
	# shellcheck disable=SC2086 # these are words
	[ -n "$needs" ] && (cd "$work/headers.part" && apt-get download -qq "$headers" $needs >/dev/null 2>&1 && for deb in *.deb; do dpkg-deb -x "$deb" . || exit; done && rm ./*.deb) || {
		echo "module.sh: $headers cannot be had from apt-get" >&2
		exit 2
	}
	rm -f "$work/headers.part/usr/src/$headers/vmlinux" # or it would want to make BTF of it
	sed -i "s|/usr/|$work/headers/usr/|g" "$work/headers.part/usr/src/$headers/Makefile"
	cp -a "$work/headers.part/." "$work/headers/" && rm -rf "$work/headers.part"
fi
mkdir -p "$work/$package/$name"
cp "$file" "$work/$package/$name/"
echo "obj-m := $name.o" >"$work/$package/$name/Makefile"
make -s -C "$work/headers/usr/src/$headers" M="$work/$package/$name" modules >"$work/$package/$name/log" 2>&1 || { cat "$work/$package/$name/log" >&2; exit 1; }
cp "$work/$package/$name/$name.ko" "$work/$package/"
