#!/bin/sh
# Installs the dependencies and the real components that the tests run against. Where packages cannot be installed,
# it says which ones are missing; the tests that need them then say that they were skipped, and fail in CI.
set -eu
cd "$(dirname "$0")/.."

npm ci --loglevel=error

programs="prometheus:prometheus prometheus-alertmanager:prometheus-alertmanager chromium:chromium /usr/sbin/sshd:openssh-server git:git gcc:gcc"
missing=""
for pair in $programs; do
  program="${pair%%:*}"
  package="${pair#*:}"
  command -v "$program" >/dev/null 2>&1 || missing="$missing $package"
done
# The headers of the C library come in a package of their own, and without them the compiler is of no use here.
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"
[ -e /usr/share/zoneinfo/America/Chicago ] || missing="$missing tzdata"

if [ -z "$missing" ]; then
  echo "All components are installed."
  exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="none"; fi
fi

if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != "none" ]; then
  echo "Installing:$missing"
  $as_root apt-get update -qq
  # Services must not start by themselves: the tests start their own, on loopback.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $as_root apt-get install -y -qq --no-install-recommends $missing fonts-dejavu-core >/dev/null
  echo "All components are installed."
else
  echo "These packages are missing and could not be installed here:$missing"
  echo "Install them and run this again; until then the tests that need them are skipped and say so."
  [ -z "${CI:-}" ] || exit 1
fi
