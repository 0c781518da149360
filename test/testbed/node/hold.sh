#!/usr/bin/env bash
# Holds one node: makes its cgroups, runs init.sh in namespaces of its own and links them with this machine. When standard
# input ends, which it does however the test process ends, everything of it ends, and nothing is left.
# Wants: DIR, LINK, CGROUP, HOST_IP, NODE_IP, LINK_BITS, POD_RANGE, SERVICE_RANGE, and what init.sh wants.
set -euo pipefail
exec 3<&0
folder=$(dirname "$0")
unshared= node=

end() {
  code=$?
  # The kernel ends whatever is in a namespace of processes with its first one, and that one ends with unshare.
  [ -z "$unshared" ] || kill -KILL "$unshared" 2>/dev/null || true
  for _ in $(seq 100); do
    [ -n "$node" ] && kill -0 "$node" 2>/dev/null || break
    sleep 0.1
  done
  ip link delete "$LINK" 2>/dev/null || true
  for _ in $(seq 50); do
    find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$CGROUP" -exec find {} -depth -type d -delete \; 2>/dev/null || true
    [ -z "$(find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$CGROUP")" ] && break
    sleep 0.1
  done
  # What failed leaves its logs.
  [ -e "$DIR/keep" ] || [ $code != 0 ] || rm -rf "$DIR"
}
trap end EXIT

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir "/sys/fs/cgroup/$CGROUP"
else
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do
    [ ! -d /sys/fs/cgroup/$controller ] || mkdir -p "/sys/fs/cgroup/$controller/$CGROUP"
  done
  for file in cpuset.cpus cpuset.mems; do
    cat /sys/fs/cgroup/cpuset/$file >"/sys/fs/cgroup/cpuset/$CGROUP/$file"
  done
fi

# Killed with this script, even if that is killed.
setpriv --pdeathsig KILL unshare --mount --net --pid --ipc --uts --fork --kill-child=KILL --mount-proc \
  --propagation private bash "$folder/init.sh" </dev/null 3<&- &
unshared=$!
until node=$(cat "/proc/$unshared/task/$unshared/children" 2>/dev/null) && [ -n "$node" ]; do
  kill -0 "$unshared" 2>/dev/null || { echo 'A node needs namespaces of mounts, networks and processes, and got none.' >&2; exit 1; }
  sleep 0.05
done
node=${node% }
ip link add "$LINK" type veth peer name uplink netns "$node"
ip address add "$HOST_IP/$LINK_BITS" dev "$LINK"
ip link set "$LINK" up
ip route add "$POD_RANGE" via "$NODE_IP" dev "$LINK"
ip route add "$SERVICE_RANGE" via "$NODE_IP" dev "$LINK"
echo "$node" >"$DIR/node.pid.part" && mv "$DIR/node.pid.part" "$DIR/node.pid"

cat <&3 >/dev/null &
listening=$!
wait -n "$unshared" "$listening" || true
kill -0 "$unshared" 2>/dev/null || { echo 'The node has ended.' >&2; exit 1; }
