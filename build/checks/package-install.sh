#!/bin/bash
# Why: the one check that really installs the .deb: accounts, folders, the command, the session's launcher with the
# distribution's Chromium and its sandbox, removal and purge. It happens on an overlay of this machine's file system in
# namespaces of its own, so nothing of it stays. Needs root, chromium, xvfb-run; says so and ends with 77 where it cannot.
#   build/checks/package-install.sh release/latchkey_VERSION_amd64.deb
set -euo pipefail

if [ "${LATCHKEY_INSIDE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || { echo 'package-install: needs root'; exit 77; }
  for tool in unshare pivot_root chromium xvfb-run; do command -v "$tool" >/dev/null || { echo "package-install: needs $tool"; exit 77; }; done
  deb=$(realpath "$1")
  LATCHKEY_INSIDE=1 exec unshare --mount --pid --fork --kill-child --propagation private bash "$(realpath "$0")" "$deb"
fi

# --- inside: private mounts and processes ---
work=$(mktemp -d)
trap 'rmdir "$work" 2>/dev/null || :' EXIT
mount -t tmpfs -o size=1500m tmpfs "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root" || { echo 'package-install: no overlay here'; exit 77; }
cp "$1" "$work/root/tmp/latchkey.deb"
cd "$work/root"
mount --rbind /dev dev
# Not chroot: the kernel refuses the browser's user namespace to a process whose root is not its mount's root.
mkdir -p .outside && pivot_root . .outside && cd /
mount -t proc proc /proc
umount -l /.outside

fail() { echo "package-install: $*"; exit 1; }
expect() { # WHAT WANTED_STATUS COMMAND...
  local what=$1 wanted=$2 status=0
  shift 2
  "$@" >/tmp/said 2>&1 || status=$?
  [ "$status" = "$wanted" ] || { cat /tmp/said; fail "$what: status $status, wanted $wanted"; }
}
as_kiosk() { su -s /bin/sh latchkey -c "$1"; }

# Dependencies that only a kiosk has (cage is a recommendation) are not asked for here.
expect 'install' 0 dpkg --force-depends -i /tmp/latchkey.deb
[ "$(getent passwd latchkey | cut -d: -f6,7)" = /var/lib/latchkey:/usr/sbin/nologin ] || fail 'the account is not as it should be'
[ "$(passwd -S latchkey | cut -d' ' -f2)" = L ] || fail 'the account has a password'
[ "$(stat -c '%a %U:%G' /etc/latchkey/keys)" = '750 root:latchkey' ] || fail '/etc/latchkey/keys is open'
expect 'version' 0 latchkey --version
expect 'a configuration that is missing' 78 latchkey config check
cp /etc/latchkey/config.d/00-example.yaml.example /etc/latchkey/config.d/10-site.yaml
expect 'the example configuration' 0 latchkey config check
expect 'a session as root' 64 /usr/lib/latchkey/launch
expect 'a session with arguments' 64 as_kiosk '/usr/lib/latchkey/launch --no-sandbox'

# systemd makes these two for the unit (StateDirectory=, the PAM session).
install -d -o latchkey -m 0700 /var/lib/latchkey "/run/user/$(id -u latchkey)"
: >/tmp/session
(as_kiosk "NODE_OPTIONS=--bad-option XDG_RUNTIME_DIR=/run/user/$(id -u latchkey) timeout 60 xvfb-run -a /usr/lib/latchkey/launch" >/tmp/session 2>&1 || :) &
for _ in $(seq 120); do
  if grep -q '"msg":"window open"' /tmp/session; then break; fi
  sleep 0.25
done
grep -q '"msg":"window open"' /tmp/session || { cat /tmp/session; fail 'the window did not open'; }
# Spare renderers come and go; one that has just ended is no answer.
confined=0
for pid in $(pgrep -u latchkey -f -- --type=renderer); do
  seccomp=$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
  [ "$seccomp" = 2 ] || fail "renderer $pid has no sandbox"
  confined=$((confined + 1))
done
[ "$confined" -gt 0 ] || fail 'no renderer was found'
# The account and the process table exist in here only.
kiosk=$(pgrep -u latchkey -f '^/usr/lib/latchkey/node .*latchkey.mjs run')
if tr '\0' '\n' <"/proc/$kiosk/environ" | grep -q '^NODE_OPTIONS='; then fail 'the launcher passed NODE_OPTIONS on'; fi
kill "$kiosk"
wait

expect 'remove' 0 dpkg -r latchkey
[ ! -e /usr/lib/latchkey ] || fail 'remove left /usr/lib/latchkey'
[ -e /etc/latchkey/config.d/10-site.yaml ] || fail 'remove took the configuration'
expect 'purge' 0 dpkg -P latchkey
[ ! -e /etc/latchkey ] || fail 'purge left /etc/latchkey'
echo 'package-install: installed, configured, window open in a sandboxed browser, removed, purged'
