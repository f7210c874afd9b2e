#!/bin/bash
# The Debian package: built twice alike, clean for lintian, put on and taken off a system of its own; data stays.
#
# dpkg works on a root folder of its own (--root); its scripts run in the host's, so they are run here by hand, with
# the names of files they touch checked.  YUJING is only used to find the build folder.
. "$(dirname "$0")/lib.sh" deb
build=$(dirname "$yujing")
needs dpkg-deb dpkg-shlibdeps lintian
if [ "$(cat core/base/version.h | grep -c YUJING_VERSION)" -ne 1 ]; then
    not_ok version "core/base/version.h must name it once"
fi
# The program must be there already: the test does not build a variant of its own.
[ -x "$build/yujing" ] || { skip "$build/yujing is not built"; exit 0; }
export SOURCE_DATE_EPOCH=1764000000

# ---- built, twice
pack() { # the path of the package
    examples/operations/debian/build.sh "$build" 2>>"$room/build.log" | tail -n 1
}
deb=$(pack)
[ -f "$deb" ] || { not_ok build "$(tail -n 3 "$room/build.log" | tr '\n' ' ')"; exit 0; }
cp "$deb" "$room/first.deb"
ok build
deb=$(pack)
cmp -s "$deb" "$room/first.deb"
verdict "two builds are the same bytes" $? "$deb differs"
SOURCE_DATE_EPOCH=1764000001 pack >/dev/null
cmp -s "$deb" "$room/first.deb"
[ $? -ne 0 ]
verdict "negative control: another date gives other bytes" $?

# ---- lintian: no error; the warnings that are meant are named
sed 's/#.*//' >"$room/meant" <<'MEANT'
initial-upload-closes-no-bugs                 # it is no upload
maintainer-script-calls-systemctl             # there is no debhelper here to write the calls
MEANT
lintian --no-tag-display-limit --tag-display-limit 0 "$room/first.deb" >"$room/lintian.out" 2>&1
grep -E '^[EW]:' "$room/lintian.out" | grep -v -F -f <(sed 's/ *$//' "$room/meant") >"$room/lintian.bad"
[ ! -s "$room/lintian.bad" ]
verdict "lintian" $? "$(head -n 1 "$room/lintian.bad") ($(wc -l <"$room/lintian.bad") in all)"
cat "$room/lintian.bad" >&2

# ---- what is in it
dpkg-deb -c "$room/first.deb" | awk '{ print $6 }' >"$room/files"
missing=
for file in ./usr/bin/yujing ./usr/lib/systemd/system/yujing.service ./usr/lib/systemd/system/yujing-drill.service \
    ./usr/lib/sysusers.d/yujing.conf ./usr/lib/tmpfiles.d/yujing.conf ./etc/yujing/yujing.yaml \
    ./etc/yujing-drill/yujing.yaml ./etc/default/yujing ./usr/share/man/man1/yujing-run.1.gz \
    ./usr/share/bash-completion/completions/yujing ./usr/share/yujing/policies/shenyang/policy.yaml \
    ./usr/share/doc/yujing/runbooks.md ./usr/share/doc/yujing/copyright; do
    grep -qx "$file" "$room/files" || missing="$missing $file"
done
[ -z "$missing" ]
verdict "holds what it should" $? "missing:$missing"
dpkg-deb -f "$room/first.deb" Depends >"$room/depends"
grep -q libuv1 "$room/depends" && grep -q libsqlite3-0 "$room/depends" && grep -q libcurl4 "$room/depends"
verdict "depends on the libraries it is linked with" $? "$(cat "$room/depends")"
dpkg-deb -I "$room/first.deb" conffiles | sort >"$room/conffiles"
printf '%s\n' /etc/default/yujing /etc/yujing-drill/yujing.yaml /etc/yujing/yujing.yaml | cmp -s - "$room/conffiles"
verdict "its configuration files are the administrator's" $? "$(tr '\n' ' ' <"$room/conffiles")"

# ---- installed into a root of its own
if [ "$(id -u)" -ne 0 ]; then
    skip "not root" install
    exit 0
fi
root=$room/root
mkdir -p "$root"/var/lib/dpkg/{updates,info,triggers,alternatives} "$root/etc"
: >"$root/var/lib/dpkg/status"
# Scripts would run chrooted, and there is no shell in this root; so they are put aside, and run by hand below.
put() { # VERSION PACKAGE: as dpkg -i does
    dpkg --root="$root" --force-depends --force-not-root --force-script-chrootless --no-triggers "$@" >>"$room/dpkg.log" 2>&1
}
# The scripts' world: commands that record what they are asked and touch nothing.
mkdir "$room/bin"
for command in systemd-sysusers systemd-tmpfiles systemctl; do
    printf '#!/bin/sh\necho "%s $*" >>%s\nexit 0\n' $command "$room/asked" >"$room/bin/$command"
    chmod +x "$room/bin/$command"
done
: >"$room/asked"
run_dpkg() { PATH=$room/bin:$PATH put "$@"; }

run_dpkg -i "$room/first.deb"
verdict install $? "$(tail -n 2 "$room/dpkg.log" | tr '\n' ' ')"
[ "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Status}' yujing 2>/dev/null)" = "install ok installed" ]
verdict "is installed" $?
grep -q '^systemd-sysusers yujing.conf' "$room/asked" && grep -q '^systemd-tmpfiles --create yujing.conf' "$room/asked"
verdict "asks for its users and folders" $? "$(tr '\n' ' ' <"$room/asked")"
if grep -q -E 'start|enable' "$room/asked"; then not_ok "starts nothing by itself" "$(cat "$room/asked")"; else ok "starts nothing by itself"; fi
"$root/usr/bin/yujing" --version | grep -q "^yujing $(dpkg-deb -f "$room/first.deb" Version)$"
verdict "the program runs and says its version" $?
# Its configuration is good as it is installed, once it is looked at from where it will stand.
mkdir -p "$room/lib/yujing" "$room/lib/yujing-drill" # as systemd-tmpfiles makes them
there="s|/usr/share/yujing|$root/usr/share/yujing|; s|/var/lib/|$room/lib/|"
sed "$there" "$root/etc/yujing/yujing.yaml" >"$room/yujing.yaml"
"$root/usr/bin/yujing" run -c "$room/yujing.yaml" --check >"$room/check.out" 2>&1
verdict "its configuration is good" $? "$(head -n 1 "$room/check.out")"
sed "$there" "$root/etc/yujing-drill/yujing.yaml" >"$room/drill.yaml"
"$root/usr/bin/yujing" run -c "$room/drill.yaml" --check >"$room/check.out" 2>&1
verdict "so is the drill's" $? "$(head -n 1 "$room/check.out")"

# ---- upgraded: what the administrator wrote stays
mkdir -p "$root/var/lib/yujing"
echo journal >"$root/var/lib/yujing/yujing.db"
echo "# mine" >>"$root/etc/yujing/yujing.yaml"
mkdir "$room/next"
dpkg-deb -R "$room/first.deb" "$room/next"
sed -i 's/^Version: .*/&+next/' "$room/next/DEBIAN/control"
dpkg-deb --root-owner-group -b "$room/next" "$room/next.deb" >/dev/null
run_dpkg --force-confdef --force-confold -i "$room/next.deb"
verdict upgrade $? "$(tail -n 2 "$room/dpkg.log" | tr '\n' ' ')"
[ "$(tail -n 1 "$root/etc/yujing/yujing.yaml")" = "# mine" ]
verdict "an upgrade leaves the configuration alone" $?

# ---- removed, purged: the journal stays until it is asked for in words
run_dpkg -r yujing
[ ! -e "$root/usr/bin/yujing" ] && [ -e "$root/etc/yujing/yujing.yaml" ] && [ -e "$root/var/lib/yujing/yujing.db" ]
verdict "removed: configuration and journal stay" $?
run_dpkg -P yujing
[ ! -e "$root/etc/yujing/yujing.yaml" ] && [ -e "$root/var/lib/yujing/yujing.db" ]
verdict "purged: the journal stays" $?
# The script itself, on a copy that names folders of ours.
sed "s|/var/lib/|$root/var/lib/|g; s|/run/systemd/system|/nowhere|" examples/operations/debian/postrm >"$room/postrm"
YUJING_PURGE=data sh "$room/postrm" purge
[ ! -e "$root/var/lib/yujing" ]
verdict "purged in words: the journal goes" $?

# ---- make install by itself never overwrites what is there
mkdir -p "$room/dest/etc/yujing"
echo "# mine" >"$room/dest/etc/yujing/yujing.yaml"
make --no-print-directory BUILD="$build" DESTDIR="$room/dest" install >/dev/null 2>"$room/install.log"
verdict "make install" $? "$(tail -n 1 "$room/install.log")"
[ "$(cat "$room/dest/etc/yujing/yujing.yaml")" = "# mine" ] && [ -x "$room/dest/usr/local/bin/yujing" ] &&
    grep -q '^ExecStart=/usr/local/bin/yujing' "$room/dest/usr/local/lib/systemd/system/yujing.service"
verdict "make install overwrites nothing in /etc" $?
manual=$(sed -n 's|^Documentation=.* file:||p' "$room/dest/usr/local/lib/systemd/system/yujing.service")
[ -n "$manual" ] && [ -e "$room/dest$manual" ]
verdict "its unit names the runbooks where they are" $? "$manual"
exit 0
