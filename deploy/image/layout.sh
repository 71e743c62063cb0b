#!/bin/sh
# Lays out what the image holds, below a folder: the Dockerfile and `make image-root` both run this.
#
#   layout.sh FOLDER          FOLDER/opt/fnlb: the launcher, the jars, a Java runtime and the health check
#   layout.sh --dist FOLDER   FOLDER: the packed distribution, for machines that have a Java of their own
#
# The jars must have been built. What an earlier run has left there is replaced.
set -eu

fail() {
  printf 'layout: %s\n' "$*" >&2
  exit 1
}

# The runtime's modules. Those that our own classes name are added by jdeps; it cannot judge the
# libraries (some are modules that require others which are not here), so what they need stands here:
#   java.logging                      the log
#   java.management, jdk.management   meters of the JVM
#   java.naming, jdk.naming.dns       name services
#   jdk.jcmd, jdk.jfr                 jcmd, jstack and flight recordings in the container
#   jdk.net                           socket options beyond the standard ones
#   jdk.unsupported                   sun.misc.Unsafe
#   jdk.zipfs                         jars as file systems
modules=java.base,java.logging,java.management,java.naming,jdk.jcmd,jdk.jfr,jdk.management
modules=$modules,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs

distribution=''
if [ "${1:-}" = --dist ]; then
  distribution=yes
  shift
fi
[ $# -eq 1 ] || fail 'usage: layout.sh [--dist] FOLDER'
source=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
target=$1
jar=$source/fnlb-server/target/fnlb-server.jar
libs=$source/fnlb-server/target/libs
if [ ! -f "$jar" ] || [ ! -d "$libs" ]; then fail "there is no $jar: build first (make build)"; fi

app=$target
if [ -z "$distribution" ]; then app=$target/opt/fnlb; fi
if [ -e "$app" ] && [ ! -e "$app/fnlb-server.jar" ]; then fail "$app is there and is not from an earlier run"; fi
rm -rf "$app"
mkdir -p "$app/libs"
cp "$source/fnlb" "$source/LICENSE" "$jar" "$app/"
cp "$libs"/*.jar "$app/libs/"
chmod 755 "$app/fnlb"
if [ -n "$distribution" ]; then
  cp -R "$source/README.md" "$source/CHANGELOG.md" "$source/docs" "$app/"
  exit 0
fi

cp "$source/deploy/image/health" "$app/health"
chmod 755 "$app/health"

# The JDK that the launcher finds: another one's jlink can only link its own version.
jdk=$(FNLB_SHOW_JAVA=1 "$source/fnlb")
[ -x "$jdk/bin/jlink" ] || fail "$jdk has no jlink"
named=$("$jdk/bin/jdeps" -s --ignore-missing-deps --multi-release base --class-path "$app/libs/*" \
  "$app"/fnlb-server.jar "$app"/libs/fnlb-*.jar) || fail "jdeps failed: $named"
named=$(printf '%s\n' "$named" | sed -n 's/.* -> \(java\.[a-z.]*\)$/,\1/p; s/.* -> \(jdk\.[a-z.]*\)$/,\1/p' | sort -u | tr -d '\n')
"$jdk/bin/jlink" --add-modules "$modules$named" --no-header-files --no-man-pages --output "$app/runtime"
