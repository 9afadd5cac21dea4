#!/bin/busybox sh
# The first program in the guest, from the initramfs. It finds the root that the machine shares, puts a writable layer in memory above it,
# mounts all file systems, and starts the checkout's scripts/lab/init.sh. As much as possible happens here, because busybox starts several
# times faster than programs from the shared root.
b=/bin/busybox
$b mount -t proc proc /proc
# With this word the machine only asks whether a kernel starts under hardware virtualisation.
if $b grep -q -w brickwork.probe /proc/cmdline; then
	echo o > /proc/sysrq-trigger
	$b sleep 60
fi
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
load() { # load FOLDER: its modules are in the order they need
	for module in "$1"/*; do
		$b insmod "$module" || echo "lab: cannot load $module"
	done
}
load /modules

share() { # share TAG FOLDER ro|rw: what the machine doesn't change is cached
	case $3 in
	ro) options=cache=loose,ro ;;
	rw) options=cache=none ;;
	esac
	[ -d "$2" ] || $b mkdir -p "$2"
	$b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$options" "$1" "$2" || echo "lab: cannot mount $1 on $2"
}
share root /lower ro
$b mount -t tmpfs -o mode=755 tmpfs /upper
$b mkdir /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new
share modules /new/lib/modules ro
share brickwork /new/brickwork ro

$b mount -t tmpfs -o mode=755 tmpfs /new/run
$b mkdir -p /new/run/lock/iscsi /new/run/lab /dev/pts /dev/shm /dev/disk
share job /new/run/lab ro
share out /new/out rw
while read -r tag folder mode; do
	share "$tag" "/new$folder" "$mode"
done < /new/run/lab/shares
. /new/run/lab/settings

if [ "$DISK" ]; then # a file of the machine, which outlives the guest
	load /modules-disk
	if [ "$DISK_FORMAT" ]; then
		$b mount -o bind /dev /new/dev
		$b chroot /new mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 /dev/vda
		$b umount /new/dev
	fi
	[ -d "/new$DISK" ] || $b mkdir -p "/new$DISK"
	$b mount -t ext4 /dev/vda "/new$DISK"
fi

$b mount -t tmpfs -o mode=1777 tmpfs /new/tmp
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs -o mode=1777 tmpfs /dev/shm
$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
$b mount -t configfs configfs /sys/kernel/config
$b ln -s /proc/self/fd /dev/fd
for each in in:0 out:1 err:2; do
	$b ln -s /proc/self/fd/${each#*:} /dev/std${each%:*}
done
echo guest > /proc/sys/kernel/hostname
$b ip link set lo up

for each in dev proc sys; do
	$b mount -o move /$each /new/$each
done
exec $b switch_root /new /bin/sh /brickwork/scripts/lab/init.sh
