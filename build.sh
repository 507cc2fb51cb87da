#!/usr/bin/env bash
# Builds, runs and tests edge-dicom on Debian 12 with the .NET SDK. `./build.sh help` lists the commands.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

RID=${RID:-linux-x64}
CONFIGURATION=${CONFIGURATION:-Release}
NATIVE=artifacts/native
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

BUILD_PACKAGES="clang lld zlib1g-dev libsqlite3-dev liblz4-dev liblua5.4-dev liblua5.4-0 libsqlite3-0 liblz4-1"
TEST_PACKAGES="dcmtk dicom3tools odil python3-odil libgdcm-tools libopenjp2-tools curl gcc python3 python3-numpy python3-pydicom procps"

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# Installs the Debian packages named that are missing.
need() {
  local missing=()
  for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
  say "installing ${missing[*]}"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The C shims: a static archive for the binary, a shared library for runs under JIT.
native() {
  mkdir -p "$NATIVE"
  if [ ! -f "$NATIVE/libedgelua.so" ] || [ -n "$(find src/native -newer "$NATIVE/libedgelua.so")" ]; then
    clang -O2 -fPIC -Wall -Wextra -Werror -c src/native/edgelua.c -o "$NATIVE/edgelua.o"
    rm -f "$NATIVE/libedgelua.a"; ar rcs "$NATIVE/libedgelua.a" "$NATIVE/edgelua.o"
    clang -shared -o "$NATIVE/libedgelua.so" "$NATIVE/edgelua.o" -llua5.4
  fi
}

prepare() {
  command -v dotnet >/dev/null || die "the .NET SDK is missing"
  need $BUILD_PACKAGES
  native
}

publish() {
  prepare
  say "publishing $RID"
  dotnet publish src/Edge.Server/Edge.Server.csproj -c "$CONFIGURATION" -r "$RID" -o artifacts/publish-out -v quiet --nologo
  mkdir -p dist
  cp artifacts/publish-out/edge-dicom dist/edge-dicom.new && mv dist/edge-dicom.new dist/edge-dicom
  say "dist/edge-dicom: $(stat -c %s dist/edge-dicom) bytes"
}

# Runs one suite; sets line to its summary.
run_suite() { # suite, name of the output, options of the runner
  out=artifacts/test-results/$2.txt
  if ! dotnet "artifacts/bin/$1/${CONFIGURATION,,}/$1.dll" -nocolor "${@:3}" > "$out" 2>&1; then broken=1; fi
  line=$(grep -E 'Total: +[0-9]+' "$out" | tail -n 1 || true)
}

# Runs the suites named, or all; the last line of output is "N passed, N failed".
run_suites() {
  local passed=0 failed=0 skipped=0 broken=0 suite out line outputs=()
  mkdir -p artifacts/test-results
  for suite in "$@"; do
    say "$suite"
    if [[ $suite = *:raw ]]; then
      # The same suite over a storage area without compression; what drives every parameter of the specification does not touch the format.
      ORTHANC__EDGE__STORAGE_FORMAT=raw run_suite "${suite%:raw}" "${suite%:raw}-raw" -class- '*BadInputTests'
    else
      run_suite "$suite" "$suite"
    fi
    outputs+=("${out##*/}")
    if [[ $line =~ Total:\ *([0-9]+),\ *Errors:\ *([0-9]+),\ *Failed:\ *([0-9]+),\ *Skipped:\ *([0-9]+),\ *Not\ Run:\ *([0-9]+) ]]; then
      local f=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
      passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5])); failed=$((failed + f)); skipped=$((skipped + BASH_REMATCH[4]))
      if [ "$f" != 0 ]; then cat "$out"; else printf '%s\n' "$line"; fi
    else
      cat "$out"; echo "$suite: no summary"; failed=$((failed + 1))
    fi
  done
  [ "$broken" = 1 ] && [ "$failed" = 0 ] && failed=1
  # Named again at the end, where a log that was cut still shows them.
  if [ "$failed" != 0 ]; then (cd artifacts/test-results && grep -H -F '[FAIL]' "${outputs[@]}" || true); fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}

SUITES="Edge.Unit.Tests Edge.Dimse.Tests Edge.Contract.Tests Edge.Contract.Tests:raw Edge.Golden.Tests Edge.Fuzz.Tests Edge.Crash.Tests"

build_tests() {
  for suite in "$@"; do [[ $suite = *:raw ]] || dotnet build "tests/$suite/$suite.csproj" -c "$CONFIGURATION" -v quiet --nologo -clp:NoSummary; done
}

case "${1:-help}" in
  publish) publish ;;
  run)
    shift
    publish
    # Without a configuration of one's own: the defaults, with the data in ./data.
    if [ $# = 0 ]; then mkdir -p data; export ORTHANC__EDGE__DATA_FOLDER="$PWD/data"; fi
    exec dist/edge-dicom "$@" serve ;;
  test) shift; need $TEST_PACKAGES; publish; build_tests ${*:-$SUITES}; EDGE_FUZZ_SECONDS=${EDGE_FUZZ_SECONDS:-60} run_suites ${*:-$SUITES} ;;
  soak) shift; need $TEST_PACKAGES; publish; build_tests ${*:-$SUITES}; EDGE_SOAK=1 run_suites ${*:-$SUITES} ;;
  deb) publish; packaging/deb/build.sh ;;
  test-deb) need lintian debootstrap systemd curl; publish; packaging/deb/build.sh; packaging/deb/test.sh ;;
  generate) prepare; dotnet run --project src/Edge.CodeGen -c "$CONFIGURATION" -- "${@:2}" ;;
  clean) rm -rf artifacts dist ;;
  *) cat <<'HELP'
./build.sh run        installs what is missing, builds, serves REST on 8042 and DICOM on 4242, data in ./data
./build.sh publish    builds the native binary dist/edge-dicom
./build.sh test       builds and runs every suite (or those named) against it
./build.sh soak       the same, in the long forms
./build.sh deb        builds the Debian package dist/edge-dicom_*.deb
./build.sh test-deb   installs, upgrades, removes and purges it in a Debian tree of its own (as root; a few minutes)
./build.sh generate   writes the generated tables, configs/ and docs/ again
./build.sh clean
HELP
  ;;
esac
