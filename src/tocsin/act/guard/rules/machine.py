"""What do the programs of the machine itself do: files, disks, processes, accounts?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

MACHINE: tuple[Rule, ...] = (
    # Files and disks
    *rules(
        "destroy",
        "removes files; nothing keeps a copy",
        """rm
        unlink
        shred""",
        "mv them to a dated folder first",
    ),
    *rules(
        "destroy",
        "makes a new, empty file system",
        """mkfs*
        mkswap""",
        "check the device with lsblk first",
    ),
    *rules("destroy", "changes the partitions of a disk", "fdisk|parted|sgdisk|gdisk|sfdisk|wipefs"),
    *rules("read", "tells how the machine was set up", "cloud-init status|query|analyze"),
    *rules("read", "lists partitions", "fdisk|sgdisk|sfdisk|parted -l|--list"),
    *rules(
        "destroy",
        "removes a volume",
        """lvremove|vgremove|pvremove|zpool destroy
        lvremove|vgremove|pvremove""",
    ),
    *rules(
        "destroy",
        "removes a data set or a snapshot",
        """zfs destroy
        zpool destroy
        zfs rollback""",
    ),
    *rules(
        "read",
        "lists volumes",
        """lvs|vgs|pvs|lvdisplay|vgdisplay|pvdisplay
        zfs|zpool list|status|get|iostat""",
    ),
    *rules("destroy", "cuts a file off", "truncate", "logrotate keeps the old content"),
    *rules("change", "writes files", "cp|mv|ln|mkdir|rmdir|touch|install|patch|split|csplit|mktemp"),
    *rules("change", "changes who may use files", "chmod|chown|chgrp|setfacl|chattr"),
    *rules("change", "packs or unpacks files", "tar|zip|unzip|gzip|gunzip|bzip2|xz|zstd|7z|cpio"),
    *rules(
        "read",
        "lists an archive",
        """tar -t|--list|-tf|-tvf|-tzf|-tzvf
        unzip -l
        gzip|gunzip -l|-t|--list""",
    ),
    *rules("change", "copies files to or from elsewhere", "scp|sftp|rsync|rclone"),
    *rules(
        "destroy", "removes files of the target that the source lacks", "rsync --delete|--del|--delete-after"
    ),
    *rules("destroy", "removes what the source lacks", "rclone sync|delete|purge|deletefile", "rclone copy"),
    *rules(
        "read",
        "shows what would be copied",
        """rsync -n|--dry-run
        rclone ls|lsl|lsd|lsf|size|check|about""",
    ),
    *rules(
        "read",
        "shows file systems",
        """mount -l
        swapon -s|--show""",
    ),
    *rules("change", "changes what is mounted", "mount|umount|swapon|swapoff|losetup"),
    *rules(
        "change",
        "writes its result into a file",
        """sort -o|--output
        yq -i|--inplace|--in-place
        xxd -r""",
    ),
    *rules("read", "reads a document", "yq"),
    # Processes and the machine
    *rules("change", "ends or signals processes", "kill|pkill|killall|skill", "restart the service instead"),
    *rules("read", "asks whether a process lives", "kill -0|-l"),
    *rules("change", "changes the priority of a process", "renice|ionice|taskset|prlimit|chrt"),
    *rules("destroy", "stops or restarts the machine", "reboot|shutdown|poweroff|halt|init|telinit"),
    *rules(
        "change", "starts or stops a service", "systemctl|service|rc-service|initctl|launchctl|sv|svc|s6-svc"
    ),
    *rules(
        "read",
        "shows services",
        """systemctl status|show|cat|is-active|is-enabled|is-failed|list-units|list-timers|list-unit-files
        systemctl list-dependencies|list-sockets|list-jobs|get-default|is-system-running
        service * status
        service --status-all
        rc-service * status
        initctl list|status
        sv status
        svstat""",
    ),
    *rules(
        "destroy", "stops or restarts the machine", "systemctl reboot|poweroff|halt|kexec|rescue|emergency"
    ),
    *rules("read", "shows the journal", "journalctl"),
    *rules("destroy", "removes old journal entries", "journalctl --vacuum-size|--vacuum-time|--vacuum-files"),
    *rules("change", "starts a new journal file", "journalctl --rotate|--flush|--sync"),
    *rules("read", "shows kernel messages", "dmesg"),
    *rules(
        "destroy", "clears the kernel messages", "dmesg -C|-c|--clear|--read-clear", "dmesg alone shows them"
    ),
    *rules("read", "shows kernel parameters", "sysctl"),
    *rules("change", "sets kernel parameters", "sysctl -w|--write|-p|--load|--system"),
    *rules(
        "change",
        "sets the clock",
        """date -s|--set
        hwclock|ntpdate|timedatectl|chronyc""",
    ),
    *rules(
        "read",
        "shows the clock",
        """timedatectl status|show|list-timezones|timesync-status
        chronyc tracking|sources|sourcestats|activity""",
    ),
    *rules("read", "shows the name of the machine", "hostname|hostnamectl|domainname"),
    *rules(
        "change",
        "renames the machine",
        """hostname *
        hostnamectl set-hostname|hostname *""",
    ),
    *rules("read", "shows the name of the machine", "hostname -f|-i|-I|-s|-d|--fqdn"),
    *rules(
        "change",
        "changes accounts",
        "useradd|userdel|usermod|groupadd|groupdel|passwd|chpasswd|adduser|deluser",
    ),
    *rules("change", "changes the timetable of jobs", "crontab|at|atrm"),
    *rules(
        "read",
        "lists jobs",
        """crontab -l
        atq""",
    ),
    *rules("destroy", "removes the whole crontab", "crontab -r", "crontab -e, and comment the line out"),
    *rules("change", "loads or removes kernel modules", "modprobe|insmod|rmmod"),
    *rules("read", "shows limits of a process", "prlimit --pid|-p"),
    *rules(
        "change",
        "an editor, or a program that asks",
        "vi|vim|nvim|nano|emacs|ed|ex|visudo|vipw|screen|tmux",
        "write the change as a command",
    ),
)
