#!/usr/bin/env bash
# Tries dist/edge-dicom_*.deb: lintian, the unit, then install, serve, upgrade, remove and purge in a Debian tree. Called by "./build.sh test-deb" as root.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
[ "$(id -u)" = 0 ] || { echo "test.sh: a Debian tree is made by root alone" >&2; exit 1; }

work=$PWD/artifacts/deb-test
root=$work/root
suite=${SUITE:-bookworm}
port=${PORT:-18142}
mkdir -p "$work"
passed=0
server=

say() { printf '== %s\n' "$*" >&2; }
ok() { passed=$((passed + 1)); }
check() { local what=$1; shift; if "$@"; then ok; else echo "FAILED: $what" >&2; exit 1; fi; }
absent() { [ ! -e "$1" ]; }
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; umount "$root/proc" 2>/dev/null || true; }
trap finish EXIT

say "lintian"
lintian --fail-on error --allow-root dist/edge-dicom_*.deb 2>"$work/lintian.txt"; ok

say "the Debian tree ($suite)"
if [ ! -f "$work/base-$suite.tar" ]; then
  rm -rf "$root"
  debootstrap --variant=minbase --include=libssl3,adduser,init-system-helpers "$suite" "$root" >"$work/debootstrap.txt" 2>&1 || { tail -n 20 "$work/debootstrap.txt"; exit 1; }
  tar -C "$root" -cf "$work/base-$suite.tar" .
fi
rm -rf "$root"; mkdir -p "$root"; tar -C "$root" -xf "$work/base-$suite.tar"
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"; chmod +x "$root/usr/sbin/policy-rc.d"

start() {
  in_root runuser -u edge-dicom -- env ORTHANC__HTTP_PORT="$port" ORTHANC__DICOM_PORT="$((port + 1))" \
    /usr/bin/edge-dicom --config /etc/edge-dicom/edge-dicom.json serve >"$work/serve.txt" 2>&1 &
  for _ in $(seq 100); do
    curl -fs "http://127.0.0.1:$port/health/live" >/dev/null && break
    sleep 0.1
  done
  server=$(in_root sh -c 'for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = /usr/bin/edge-dicom ] && [ "$(readlink -f $p/root)" = / ] && basename $p; done; true' | tail -n 1)
  check "the server runs" [ -n "$server" ]
  check "the server is ready" curl -fs "http://127.0.0.1:$port/health/ready" -o "$work/ready.json"
}
stop() { kill -TERM "$server"; for _ in $(seq 100); do [ -d "/proc/$server" ] || break; sleep 0.1; done; check "the server stops" absent "/proc/$server"; server=; }
label() { curl -fs "http://127.0.0.1:$port/system" | grep '"Name"' | sed 's/.*: *"\(.*\)".*/\1/'; }

say "install"
cp dist/edge-dicom_*.deb "$root/tmp/first.deb"
in_root dpkg -i /tmp/first.deb >"$work/install.txt" 2>&1 || { cat "$work/install.txt"; exit 1; }
check "the user exists" in_root getent passwd edge-dicom
check "nobody else reads the data" [ "$(in_root stat -c '%U:%G %a' /var/lib/edge-dicom)" = "edge-dicom:edge-dicom 750" ]
check "nobody else reads the configuration" [ "$(in_root stat -c '%U:%G %a' /etc/edge-dicom/edge-dicom.json)" = "root:edge-dicom 640" ]
check "the configuration is right" in_root runuser -u edge-dicom -- edge-dicom check-config /etc/edge-dicom/edge-dicom.json
# The tree has no systemd; this machine's checks the unit, with the program where it lies here.
sed "s:ExecStart=/usr/bin/:ExecStart=$root/usr/bin/:" "$root/lib/systemd/system/edge-dicom.service" > "$work/edge-dicom.service"
check "the unit is right" systemd-analyze verify --man=no "$work/edge-dicom.service"
systemd-analyze security --offline=true --threshold=25 "$work/edge-dicom.service" >"$work/security.txt" || { tail -n 1 "$work/security.txt"; exit 1; }; ok
tail -n 1 "$work/security.txt" >&2
check "completion is shell" bash -n "$root/usr/share/bash-completion/completions/edge-dicom"
start
check "data lies where it belongs" [ -f "$root/var/lib/edge-dicom/OrthancStorage/index" -o -n "$(find "$root/var/lib/edge-dicom" -type f)" ]
curl -fs -X PUT "http://127.0.0.1:$port/tools/default-encoding" -d Utf8 >/dev/null; ok
before=$(curl -fs "http://127.0.0.1:$port/system" | grep DatabaseServerIdentifier)
stop

say "upgrade"
sed -i 's/"Name": ""/"Name": "kept by the upgrade"/' "$root/etc/edge-dicom/edge-dicom.json"
echo "a file of the site" > "$root/var/lib/edge-dicom/site.txt"
VERSION=99.0.0 OUT="$work/next" packaging/deb/build.sh >/dev/null
cp "$work"/next/edge-dicom_*.deb "$root/tmp/next.deb"
in_root dpkg -i /tmp/next.deb >"$work/upgrade.txt" 2>&1 || { cat "$work/upgrade.txt"; exit 1; }
check "the version is new" [ "$(in_root dpkg-query -W -f='${Version}' edge-dicom)" = 99.0.0 ]
check "the data is kept" [ -f "$root/var/lib/edge-dicom/site.txt" ]
check "the configuration is still closed" [ "$(in_root stat -c '%U:%G %a' /etc/edge-dicom/edge-dicom.json)" = "root:edge-dicom 640" ]
start
check "the configuration is kept" [ "$(label)" = "kept by the upgrade" ]
check "the index is the same" [ "$before" = "$(curl -fs "http://127.0.0.1:$port/system" | grep DatabaseServerIdentifier)" ]
stop

say "remove"
in_root dpkg -r edge-dicom >"$work/remove.txt" 2>&1
check "the program is gone" absent "$root/usr/bin/edge-dicom"
check "data and configuration stay" [ -f "$root/var/lib/edge-dicom/site.txt" -a -f "$root/etc/edge-dicom/edge-dicom.json" ]
in_root dpkg -i /tmp/next.deb >"$work/again.txt" 2>&1
check "it comes back" [ -x "$root/usr/bin/edge-dicom" ]

say "purge"
in_root dpkg -P edge-dicom >"$work/purge.txt" 2>&1
check "the data is gone" absent "$root/var/lib/edge-dicom"
check "the configuration is gone" absent "$root/etc/edge-dicom"
check "the user is gone" [ -z "$(in_root getent passwd edge-dicom || true)" ]
echo "$passed passed, 0 failed, 0 skipped"
