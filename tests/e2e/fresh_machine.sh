#!/usr/bin/env bash
# Plays a newcomer's first hour: a bare Debian 12, a clone, scripts/run, scripts/test. Says how long
# each took, and fails if one does. Slow (it installs compilers), so it is no part of ctest.
#
#   tests/e2e/fresh_machine.sh [TREE]    TREE: the git repository to clone (default: this one)
#
# Needs root, debootstrap and the network. Packages come from where this machine's apt gets them. The
# new machine is a folder with process and mount namespaces of its own: when those end, nothing of it
# runs or stays mounted. The network it shares with this machine.
set -euo pipefail
set -m # children get process groups of their own, so Ctrl-C reaches this script alone

tree=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd)
release=bookworm
families=(
  namedprocess_namegroup_num_procs namedprocess_namegroup_cpu_seconds_total
  linux_process_cpu_user_seconds_total linux_process_memory_ratio
  node_load1 node_memory_MemTotal_bytes node_cpu_seconds_total
  procmarshal_build_info process_resident_memory_bytes
)
later_family=linux_process_cpu_ratio # takes two samples

say() { printf '%(%H:%M:%S)T fresh machine: %s\n' -1 "$*"; }
die() {
  say "FAILED: $*"
  exit 1
}

((EUID == 0)) || die "needs root, for chroot and mounts"
command -v debootstrap >/dev/null || die "needs debootstrap (apt-get install debootstrap)"

machine=$(mktemp -d /var/tmp/procmarshal-fresh.XXXXXX)
chmod 755 "$machine" # its root folder, which every user of it must be able to enter
log=$machine.log # stays behind if something fails
child=           # the unshare that runs something in a namespace

clean_up() {
  if [[ -n $child ]]; then
    kill -KILL "$child" 2>/dev/null || true # and, by --kill-child, all of its namespace
    wait "$child" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$machine"
}
trap clean_up EXIT
trap 'die "interrupted"' INT TERM HUP

# Starts a command in namespaces of its own; its output goes to the log.
start_apart() {
  unshare --mount --pid --fork --kill-child --mount-proc "$@" >>"$log" 2>&1 </dev/null &
  child=$!
}

# Starts a command in the new machine, in the clone, with a newcomer's environment.
start_inside() {
  # shellcheck disable=SC2016 # the inner shell expands it
  start_apart bash -c '
    mount --bind "$1" "$1" && # a root that is a mount point, as any real one
      mount -t proc proc "$1/proc" &&
      mount -t sysfs -o ro sysfs "$1/sys" &&
      mount --rbind /dev "$1/dev" &&
      exec chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "cd /root/procmarshal && exec \"\$@\"" bash "${@:2}"' bash "$machine" "$@"
}

# Waits for what was started last and returns its status.
finish() {
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

# "URI SUITE" of each part of Debian that this machine's apt reads.
debian_sources() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release=$release '$3 == "Debian" && $4 == "main" && $2 ~ "^" release {print $1, $2}' |
    sort -u
}

make_machine() {
  local sources mirror proxy=
  sources=$(debian_sources)
  mirror=$(awk -v release=$release '$2 == release {print $1; exit}' <<<"$sources")
  [[ -n $mirror ]] || die "this machine's apt does not read Debian $release (try apt-get update)"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  start_apart env http_proxy="${http_proxy:-$proxy}" \
    debootstrap --variant=minbase --include=git,ca-certificates $release "$machine" "$mirror"
  finish || die "debootstrap did not succeed, see $log"
  awk '{print "deb", $1, $2, "main"}' <<<"$sources" >"$machine/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|ForceIPv|Check-Valid-Until|Check-Date)' \
    >"$machine/etc/apt/apt.conf.d/90host" || true
  rm -rf "$machine"/var/lib/apt/lists/* # nobody has run apt-get update yet
  cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$machine/etc/hosts" # an installer writes that
}

clone() {
  local git=(git -c safe.directory='*')
  "${git[@]}" -C "$tree" rev-parse --verify --quiet HEAD >/dev/null || die "$tree has no commit to clone"
  if [[ -n $("${git[@]}" -C "$tree" status --porcelain) ]]; then
    say "note: $tree has uncommitted changes, which are not part of the clone"
  fi
  "${git[@]}" clone -q --no-local "$tree" "$machine/root/procmarshal" || die "could not clone $tree"
  say "cloned $(git -C "$machine/root/procmarshal" log -1 --format='%h %s')"
}

free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 20); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
  return 1
}

# Prints what GET $2 on port $1 answers.
get() (
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || exit
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
  timeout 5 cat <&3
)

begin() { started=$EPOCHREALTIME; }
elapsed() { awk -v from="$started" -v to="$EPOCHREALTIME" 'BEGIN {printf "%.2f", to - from}'; }

# Starts the program by scripts/run and waits, at most $1 s, for /metrics: $page, after $took s.
serve() {
  local deadline=$((SECONDS + $1))
  begin
  start_inside scripts/run --web.listen-address "127.0.0.1:$port"
  until page=$(get "$port" /metrics) && [[ $page == 'HTTP/1.1 200'* ]]; do
    kill -0 "$child" 2>/dev/null || die "scripts/run ended before it served a page, see $log"
    ((SECONDS < deadline)) || die "no page from scripts/run after $1 s, see $log"
    sleep 0.05
  done
  took=$(elapsed)
}

# As a container's first process, it gets no signal that it does not ask for: so this tests that, too.
stop() {
  local status=0
  kill -TERM "$(pgrep -P "$child")"
  finish || status=$?
  ((status == 0)) || die "the program ended with status $status on SIGTERM, see $log"
}

has_family() { grep -q "^$1[ {]" <<<"$page"; }

check_pages() {
  local family deadline=$((SECONDS + 30))
  for family in "${families[@]}"; do
    has_family "$family" || die "/metrics lacks $family"
  done
  until has_family $later_family; do
    ((SECONDS < deadline)) || die "/metrics still lacks $later_family"
    sleep 1
    page=$(get "$port" /metrics)
  done
  say "/metrics has $(grep -c '^# TYPE' <<<"$page") families, $(grep -c '^[a-z].* ' <<<"$page") series"
  [[ $(get "$port" /) == 'HTTP/1.1 200'* ]] || die "the landing page does not answer"
}

say "making a bare Debian 12"
begin
make_machine
say "made in $(elapsed) s"
clone
port=$(free_port) || die "no free port"

serve 1800
check_pages
stop
say "scripts/run: first page after $took s"

serve 60
stop
say "scripts/run, second start: first page after $took s"
((${took%.*} < 5)) || die "the second start must take less than 5 s"

begin
start_inside scripts/test
if ! finish; then
  tail -n 60 "$log"
  die "scripts/test failed after $(elapsed) s, see $log"
fi
say "scripts/test: passed after $(elapsed) s; $(grep 'tests passed' "$log" | tail -1)"

serve 60
stop
say "scripts/run after scripts/test: first page after $took s"
((${took%.*} < 5)) || die "scripts/run must not build again what scripts/test has built"

rm -f "$log"
say "passed"
