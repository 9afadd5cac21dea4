#!/bin/sh
# The guest's process 1 after the initramfs, run from the checkout. It starts udevd, runs the job's command, and reports how the command
# ended. It starts no storage daemon: the command does that.
#
# The job folder /run/lab (see boot.mjs) holds: settings (shell variables), shares (lines of TAG FOLDER ro|rw), command.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
. /run/lab/settings

# Runs the command. Its output goes through a pipe and not straight to the port: the port can be opened only once, and programs may open
# /dev/stdout or /dev/stderr again.
run_command() {
	for each in /sys/class/virtio-ports/*; do
		read -r name < "$each/name"
		[ "$name" = lab.out ] && port=/dev/${each##*/}
	done
	mkfifo /run/lab-out
	exec 3<>/run/lab-out
	cat /run/lab-out > "$port" 3>&- &
	say "command begins" # boot.mjs looks for these words
	if ! test_clock; then
		(exit 126)
	elif [ "$INTERACTIVE" ]; then
		setsid --ctty --wait sh /run/lab/command < /dev/hvc0 > /dev/hvc0 2>&1 3>&-
	else
		sh /run/lab/command < /dev/null >&3 2>&1 3>&-
	fi
	code=$?
	if [ "$DISK" ]; then
		umount "$DISK" 2> /dev/null || mount -o remount,ro "$DISK" 2> /dev/null || sync -f "$DISK"
	fi
	# When the machine reads this line, the job has ended, and it switches the guest off.
	echo "$TOKEN $code" >&3
	exec sleep 600
}

# Tests the instruction clock of a guest that has one. From memory, so that reading the program isn't measured.
test_clock() {
	[ "$CLOCK" ] || return 0
	cp /run/lab/clock /run/lab-clock
	clock=$(/run/lab-clock)
	tested=$?
	echo "$CLOCK$clock" >&3
	return $tested
}

say() {
	read -r seconds rest < /proc/uptime
	echo "lab: $1 after $seconds s" > /dev/console
}

case $1 in
command) # the service below comes in here
	run_command
	;;
esac

say "root mounted"
if [ "$INIT" = systemd ]; then
	mkdir -p /run/systemd/system/multi-user.target.wants
	cat > /run/systemd/system/lab.service <<-END
		[Unit]
		Description=The lab's command
		After=multi-user.target
		DefaultDependencies=no
		[Service]
		ExecStart=/bin/sh /brickwork/scripts/lab/init.sh command
		KillMode=none
		TimeoutStopSec=1
	END
	ln -s ../lab.service /run/systemd/system/multi-user.target.wants/lab.service
	for each in getty.target getty-static.service serial-getty@ttyS0.service; do
		ln -s /dev/null /run/systemd/system/$each # nobody logs in
	done
	exec /lib/systemd/systemd --unit=multi-user.target
fi
/lib/systemd/systemd-udevd --daemon
run_command
