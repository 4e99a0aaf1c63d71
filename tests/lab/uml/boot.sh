#!/bin/bash
# Process 1 of the User-Mode Linux: the machine's own files, read-only, and everything else empty. The
# kernel's command line gives TREE (where the sources and programs are) and WORK (what is run).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in /tmp /run /var/lib /mnt; do mount -t tmpfs none $folder; done
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/shm && mount -t tmpfs none /dev/shm
# The tree may lie below what was just covered.
for folder in $TREE; do mkdir -p "$folder" && mount -t hostfs -o "ro,$folder" none "$folder"; done

mkdir -p /run/modules/lib && ln -s /usr/lib/uml/modules /run/modules/lib/modules
for module in veth sch_netem sch_prio cls_u32 nfnetlink_queue nft_compat xt_NFQUEUE xt_cgroup xt_mark \
  xt_connmark xt_comment xt_multiport xt_conntrack nf_conntrack_netlink; do
  modprobe -d /run/modules $module || echo "the kernel has no module $module"
done
mount -t cgroup2 none /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo +$controller >/sys/fs/cgroup/cgroup.subtree_control
done
ip link set lo up

python3 -u $WORK
echo "uml: ended with $?"
sync
busybox poweroff -f
