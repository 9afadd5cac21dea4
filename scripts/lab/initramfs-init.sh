#!/bin/busybox sh
# The first program in the guest, from the initramfs: finds the root that the machine shares, lays a writable layer of
# memory above it, and hands over to the checkout's scripts/lab/init.sh.
b=/bin/busybox
$b mount -t proc proc /proc
# The machine asks with this word only whether a kernel starts at all under hardware virtualisation.
if $b grep -q -w brickwork.probe /proc/cmdline; then
	echo o > /proc/sysrq-trigger
	$b sleep 60
fi
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*; do
	$b insmod "$module" || echo "lab: cannot load $module"
done

share() { # share TAG FOLDER OPTIONS
	$b mkdir -p "$2"
	$b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2" || echo "lab: cannot mount $1 on $2"
}
share root /lower cache=loose,ro
$b mount -t tmpfs -o mode=755 tmpfs /upper
$b mkdir /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new
share modules /new/lib/modules cache=loose,ro
share brickwork /new/brickwork cache=loose,ro
for each in dev proc sys; do
	$b mount -o move /$each /new/$each
done
exec $b switch_root /new /bin/sh /brickwork/scripts/lab/init.sh
