// What runs in the guest as process 1: mounts, modules that are asked for, the job, its exit code, power off.

/** Serial ports of the guest, after the console's: what the job prints, what it complains of, what init tells. */
export const guestPorts = { amd64: ['ttyS1', 'ttyS2', 'ttyS3'], arm64: ['ttyS0', 'ttyS1', 'ttyS2'] }

/** The script; `ports` are device names. Lines on the third one: `UP seconds`, `END seconds`, `RC code`. */
export function initScript(ports) {
  const [out, err, control] = ports.map((name) => `/dev/${name}`)
  return `#!/usr/bin/busybox sh
export PATH=/usr/bin:/usr/sbin HOME=/root TERM=dumb LANG=C.UTF-8
B=/usr/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sysfs /sys
$B mount -t devtmpfs dev /dev 2>/dev/null
# Programs of this machine are there already and stay
$B --install -s 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t cgroup2 cg /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tr /sys/kernel/tracing 2>/dev/null
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
hostname guest
# Segments as on an Ethernet: windows are then many of them
ip link set lo mtu 1500 up
for port in ${out} ${err} ${control}; do
  [ -c $port ] || { echo "init: no $port"; poweroff -f; }
  stty -F $port raw -echo
done
exec 3>${control}
read up rest </proc/uptime
echo "UP $up" >&3
mkdir -p /job
cd /job
sh /etc/job </dev/null >${out} 2>${err} 3>&-
code=$?
read up rest </proc/uptime
echo "END $up" >&3
echo "RC $code" >&3
exec 3>&-
poweroff -f
`
}
