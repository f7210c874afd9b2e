#!/bin/sh
# The Debian package, assembled under build/ without debhelper: `make deb` calls this.
#
# usage: build.sh BUILD-FOLDER
# Reproducible: SOURCE_DATE_EPOCH (default: the last commit's time) is the only date in it.
set -eu
cd "$(dirname "$0")/../../.."
build=$1
here=examples/operations/debian
version=$(sed -n 's/^#define YUJING_VERSION "\(.*\)"/\1/p' core/base/version.h)
arch=$(dpkg --print-architecture)
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH LC_ALL=C
umask 022
mkdir -p "$build"
build=$(realpath "$build")
root=$build/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN"

make --no-print-directory BUILD="$build" DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/usr/lib/systemd/system install >/dev/null
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/yujing"
find "$root/usr/share/man" -type f -name '*.[0-9]' -exec gzip -9n {} +

doc=$root/usr/share/doc/yujing
install -Dm644 $here/copyright "$doc/copyright"
date=$(date -u -R -d "@$SOURCE_DATE_EPOCH")
sed "s/@VERSION@/$version/; s/@DATE@/$date/" $here/changelog | gzip -9n >"$doc/changelog.gz"

# Which libraries the program is linked with, as their packages say it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debian"
printf 'Source: yujing\n\nPackage: yujing\nArchitecture: any\n' >"$work/debian/control"
program=$root/usr/bin/yujing
depends=$(cd "$work" && dpkg-shlibdeps -O -e"$program" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
size=$(du -sk --apparent-size "$root" | cut -f1)

sed "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/; s/@DEPENDS@/$depends/" $here/control >"$root/DEBIAN/control"
(cd "$root" && find etc -type f | sort | sed 's|^|/|') >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m755 $here/$script "$root/DEBIAN/$script"; done
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | grep -v '^etc/' | xargs md5sum) >"$root/DEBIAN/md5sums"
chmod 644 "$root"/DEBIAN/control "$root"/DEBIAN/conffiles "$root"/DEBIAN/md5sums
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$build/yujing_${version}_$arch.deb" >/dev/null
echo "$build/yujing_${version}_$arch.deb"
