#!/usr/bin/env bash
# dcmjs-dimse (a DICOM stack in JavaScript, from the npm registry) against dist/edge-dicom, each as the side that calls.
# Not part of ./build.sh test: it installs from npm. Needs node, npm, curl; takes a few seconds. Prints one line for each
# operation and exits with 0 where all passed.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
binary=${EDGE_BINARY:-$here/../../../dist/edge-dicom}
rest=${REST_PORT:-18042} dicom=${DICOM_PORT:-14242} peer=${PEER_PORT:-14243}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cp "$here"/package.json "$here"/interop.js "$work"
(cd "$work" && npm install --silent --no-audit --no-fund --ignore-scripts)
cat > "$work/edge.json" <<JSON
{ "HttpPort": $rest, "DicomPort": $dicom, "DicomAet": "EDGE", "StorageDirectory": "$work/storage", "IndexDirectory": "$work/storage",
  "Edge": { "HttpListenAddresses": ["127.0.0.1"], "DicomListenAddresses": ["127.0.0.1"] },
  "DicomModalities": { "js": ["JSSCP", "127.0.0.1", $peer], "caller": ["JSSCU", "127.0.0.1", $peer] } }
JSON
"$binary" "$work/edge.json" > "$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$rest/system" > /dev/null && break; sleep 0.1; done
(cd "$work" && node interop.js "$rest" "$dicom" "$peer") || { cat "$work/log"; exit 1; }
