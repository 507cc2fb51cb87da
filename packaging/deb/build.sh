#!/usr/bin/env bash
# Makes dist/edge-dicom_VERSION_ARCHITECTURE.deb from dist/edge-dicom. Called by "./build.sh deb".
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

maintainer=${MAINTAINER:-$(sed -n 's/^Maintainer: //p' packaging/deb/control.in)}
version=${VERSION:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)}
architecture=$(dpkg --print-architecture)
tree=artifacts/deb/tree
here=packaging/deb
rm -rf artifacts/deb; mkdir -p "$tree/DEBIAN"

install -D -m 0755 dist/edge-dicom "$tree/usr/bin/edge-dicom"
install -D -m 0644 packaging/systemd/edge-dicom.service "$tree/lib/systemd/system/edge-dicom.service"
install -D -m 0644 "$here/edge-dicom.bash-completion" "$tree/usr/share/bash-completion/completions/edge-dicom"
install -D -m 0644 "$here/copyright" "$tree/usr/share/doc/edge-dicom/copyright"
install -D -m 0644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/edge-dicom"
install -d -m 0755 "$tree/var/lib/edge-dicom" "$tree/etc/edge-dicom" "$tree/usr/share/man/man1"
sed "s/@VERSION@/$version/" "$here/edge-dicom.1" | gzip -9n > "$tree/usr/share/man/man1/edge-dicom.1.gz"

# The conffile is the generated sample, with the data where the package keeps it and health readable by the box itself.
sed 's:^\( *\)// "DataFolder"\: null,\{0,1\}$:\1"DataFolder"\: "/var/lib/edge-dicom",:' configs/edge-dicom.json > "$tree/etc/edge-dicom/edge-dicom.json"
grep -q '"DataFolder": "/var/lib/edge-dicom",' "$tree/etc/edge-dicom/edge-dicom.json"
chmod 0644 "$tree/etc/edge-dicom/edge-dicom.json"
dist/edge-dicom check-config "$tree/etc/edge-dicom/edge-dicom.json" > artifacts/deb/check-config.txt || { cat artifacts/deb/check-config.txt; exit 1; }

when=$(date -R -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")
printf 'edge-dicom (%s) unstable; urgency=medium\n\n  * See /usr/share/doc/edge-dicom/CHANGELOG.md.gz.\n\n -- %s  %s\n' "$version" "$maintainer" "$when" \
  | gzip -9n > "$tree/usr/share/doc/edge-dicom/changelog.gz"
gzip -9nc CHANGELOG.md > "$tree/usr/share/doc/edge-dicom/CHANGELOG.md.gz"
gzip -9nc docs/options.md > "$tree/usr/share/doc/edge-dicom/options.md.gz"

size=$(du -k -s --apparent-size "$tree" | cut -f1)
sed -e "s/^Maintainer: .*/Maintainer: $maintainer/" -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" "$here/control.in" > "$tree/DEBIAN/control"
install -m 0644 "$here/conffiles" "$tree/DEBIAN/conffiles"
install -m 0755 "$here/postinst" "$here/prerm" "$here/postrm" "$tree/DEBIAN/"
(cd "$tree" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
find "$tree" -type d -exec chmod 0755 {} +

out=${OUT:-dist}
package="$out/edge-dicom_${version}_${architecture}.deb"
mkdir -p "$out"
rm -f "$out"/edge-dicom_*.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package: $(stat -c %s "$package") bytes"
