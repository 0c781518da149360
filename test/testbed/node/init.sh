#!/usr/bin/env bash
# The first process of a node, started by hold.sh in namespaces of its own: network, images, containerd, and when the
# control plane is there, kubelet, kube-proxy and CoreDNS. Ends, and the node with it, when one of them does.
# Wants: DIR, NODE_NAME, NODE_IP, LINK_BITS, SERVICE_RANGE, KUBE and COREDNS (programs), IMAGES (paths).
set -euo pipefail
exec >>"$DIR/init.log" 2>&1

# --- files: nothing of this machine's is written to -----------------------------------------------------------------
mount --make-rshared /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/containerd
for folder in /var/lib/kubelet /var/lib/cni /var/log /opt/cni; do
  mkdir -p "$DIR/root$folder" "$folder"
  mount --bind "$DIR/root$folder" "$folder"
  mount --make-rshared "$folder"
done
# The kubelet sets these for the whole machine; here it sets files.
mkdir -p "$DIR/sysctl"
for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  [ -e /proc/sys/$name ] || continue
  copy="$DIR/sysctl/${name//\//.}"
  cat /proc/sys/$name >"$copy"
  mount --bind "$copy" /proc/sys/$name
done

# --- network ---------------------------------------------------------------------------------------------------------
hostname "$NODE_NAME"
ip link set lo up
until ip link show uplink >/dev/null 2>&1; do sleep 0.05; done
ip address add "$NODE_IP/$LINK_BITS" dev uplink
ip link set uplink up
# Without a way there, the node itself could not ask Services; kube-proxy sends the packets elsewhere.
ip route add "$SERVICE_RANGE" dev uplink src "$NODE_IP"
echo 1 >/proc/sys/net/ipv4/ip_forward
# Answers between two pods of the bridge must pass kube-proxy's rules too.
[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables

# --- parts -----------------------------------------------------------------------------------------------------------
socket=/run/containerd/containerd.sock
declare -A parts
start() {
  local name=$1
  shift
  "$@" >"$DIR/$name.log" 2>&1 </dev/null &
  parts[$name]=$!
}
alive() {
  for name in "${!parts[@]}"; do
    kill -0 "${parts[$name]}" 2>/dev/null || {
      echo "$name has ended:"
      tail -n 20 "$DIR/$name.log"
      exit 1
    }
  done
}
start containerd containerd --config "$DIR/containerd.toml"
until ctr --address $socket version >/dev/null 2>&1; do
  alive
  sleep 0.1
done
for image in $IMAGES; do ctr --address $socket --namespace k8s.io images import "$image"; done
until [ -e "$DIR/has-control-plane" ]; do
  alive
  sleep 0.1
done
start kubelet "$KUBE" kubelet --config="$DIR/kubelet.yaml" --kubeconfig="$DIR/kubelet.kubeconfig" --node-ip="$NODE_IP" --hostname-override="$NODE_NAME"
start kube-proxy "$KUBE" kube-proxy --config="$DIR/kube-proxy.yaml"
start coredns "$COREDNS" -conf "$DIR/Corefile"
while :; do
  wait -n "${parts[@]}" || true
  alive
done
