#!/bin/sh
# The guest's init (process 1), run from the checkout: prepares the machine, runs the job's command, reports how it
# ended. /dev, /proc and /sys are mounted, the root is an overlay in memory. No storage daemon is started here: that is
# the business of the command.
#
# The job folder (see boot.mjs) holds: settings (shell variables), shares (lines of TAG FOLDER ro|rw), command.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

share() { # share TAG FOLDER OPTIONS
	mkdir -p "$2"
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"
}

prepare() {
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/lock/iscsi /run/lab /dev/pts /dev/shm /dev/disk
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	ln -sfn /proc/self/fd /dev/fd
	ln -sfn /proc/self/fd/0 /dev/stdin
	ln -sfn /proc/self/fd/1 /dev/stdout
	ln -sfn /proc/self/fd/2 /dev/stderr
	hostname guest
	ip link set lo up
	share job /run/lab cache=loose,ro
	share out /out cache=none
	while read -r tag folder mode; do
		[ "$mode" = rw ] && share "$tag" "$folder" cache=none || share "$tag" "$folder" cache=loose,ro
	done < /run/lab/shares
	modprobe configfs
	mount -t configfs configfs /sys/kernel/config
	modprobe ext4
}

disk() { # the optional disk, a file on the machine, which outlives the guest
	[ "$DISK_FORMAT" ] && mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 /dev/vda
	mkdir -p "$DISK"
	mount -t ext4 /dev/vda "$DISK"
}

# Runs the command. Its output goes through a pipe rather than straight to the port, for the port can be opened only
# once and programs may open /dev/stdout or /dev/stderr again.
command() {
	port=
	for each in /sys/class/virtio-ports/*; do
		[ "$(cat "$each/name")" = lab.out ] && port=/dev/${each##*/}
	done
	mkfifo /run/lab-out
	exec 3<>/run/lab-out
	cat /run/lab-out > "$port" 2>/dev/null 3>&- &
	if [ "$INTERACTIVE" ]; then
		setsid --ctty --wait sh /run/lab/command < /dev/hvc0 > /dev/hvc0 2>&1 3>&-
	else
		sh /run/lab/command < /dev/null >&3 2>&1 3>&-
	fi
	code=$?
	if [ "$DISK" ]; then
		cd /
		umount "$DISK" 2>/dev/null || mount -o remount,ro "$DISK" 2>/dev/null || sync -f "$DISK"
	fi
	# The machine takes this word as the end of everything, and switches the guest off.
	echo "$TOKEN $code" >&3
	exec sleep 600
}

if [ "$1" = command ]; then # systemd's service comes in here
	. /run/lab/settings
	command
fi

prepare
. /run/lab/settings
/lib/systemd/systemd-udevd --daemon
[ "$DISK" ] && disk
echo "lab: ready after $(cut -d' ' -f1 /proc/uptime) s" > /dev/console
command
