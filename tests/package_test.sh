#!/bin/bash
# The Debian package that CPack makes holds what it should, depends on what its programs
# need, and its programs run.
#   package_test.sh BUILD_DIRECTORY VERSION
set -euo pipefail
build=$1 version=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { "$scratch/root/usr/bin/memprof" backends | grep -q '^heap  *installed' || fail "memprof does not find the heap agent"
echo "package: $1" >&2; exit 1; }

(cd "$build" && cpack -G DEB -B "$scratch") > "$scratch/log" 2>&1 || { cat "$scratch/log"; fail "cpack failed"; }
deb=$(echo "$scratch"/tidemark_"$version"_*.deb)
[ -f "$deb" ] || fail "no package tidemark_${version}_*.deb"

contents=$(dpkg-deb --contents "$deb")
for path in usr/bin/memprof usr/share/man/man1/memprof.1.gz \
  usr/share/bash-completion/completions/memprof usr/share/doc/tidemark/copyright \
  usr/bin/flamegraph usr/share/man/man1/flamegraph.1.gz \
  usr/share/bash-completion/completions/flamegraph \
  usr/share/doc/tidemark/README.md usr/share/doc/tidemark/architecture.md; do
  grep -q " \./$path\$" <<< "$contents" || fail "$path is not in it"
done
! grep -E '_test$|leaky-service|\.a$' <<< "$contents" || fail "holds what belongs to the build"

grep -q '/tidemark/libtidemark_heap\.so$' <<< "$contents" || fail "the heap agent is not in it"

depends=$(dpkg-deb --field "$deb" Depends)
for library in libc6 libstdc++6 libfmt9 libpugixml1v5 libsqlite3-0 libdw1 libzstd1; do
  grep -qF " $library " <<< " ${depends//,/ ,} " || fail "does not depend on $library: $depends"
done
! grep -q -- -dev <<< "$depends" || fail "depends on a -dev package: $depends"
recommends=$(dpkg-deb --field "$deb" Recommends)
for profiler in valgrind google-perftools linux-perf heaptrack; do
  grep -q "$profiler" <<< "$recommends" || fail "does not recommend $profiler"
done

dpkg-deb --extract "$deb" "$scratch/root"
for tool in memprof leakwatch flamegraph pressure signoff; do
  [ "$("$scratch/root/usr/bin/$tool" --version)" = "$tool $version" ] || fail "$tool does not run"
  page=$scratch/root/usr/share/man/man1/$tool.1.gz
  warnings=$(groff -man -ww -Tascii <(gunzip -c "$page") 2>&1 > /dev/null)
  [ -z "$warnings" ] || fail "the man page of $tool: $warnings"
done
echo "package: $(basename "$deb") depends on $depends"
