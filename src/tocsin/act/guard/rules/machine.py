"""What do the programs of the machine itself do: files, disks, processes, accounts?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

MACHINE: tuple[Rule, ...] = (
    # Files
    *rules(
        "destroy",
        "removes files; nothing keeps a copy",
        """rm
        unlink
        shred|srm|wipe|scrub
        tmpwatch|tmpreaper""",
        "mv them to a dated folder first",
    ),
    *rules("destroy", "cuts a file off", "truncate", "logrotate keeps the old content"),
    *rules(
        "destroy", "takes a hole out of a file", "fallocate -p|-z|-c|--punch-hole", "cp FILE FILE.old first"
    ),
    *rules("change", "gives a file its room", "fallocate"),
    *rules(
        "change", "writes files", "cp|mv|ln|mkdir|rmdir|touch|install|patch|split|csplit|mktemp|sponge|rename"
    ),
    *rules("change", "changes who may use files", "chmod|chown|chgrp|setfacl|chattr|setcap|restorecon|chcon"),
    *rules(
        "change",
        "packs or unpacks files",
        "tar|zip|unzip|gzip|gunzip|bzip2|bunzip2|xz|unxz|zstd|unzstd|7z|cpio",
    ),
    *rules(
        "destroy",
        "packs files and removes them",
        """tar --remove-files
        zip -m|--move""",
        "pack first, look into the archive, remove later",
    ),
    *rules(
        "read",
        "lists or prints an archive",
        """tar -t|--list|-tf|-tvf|-tzf|-tzvf
        unzip -l|-p|-t
        gzip|gunzip|bzip2|bunzip2|xz|unxz|zstd|unzstd -l|-t|-c|--list|--test|--stdout|--to-stdout""",
    ),
    *rules("change", "copies files to or from elsewhere", "scp|sftp|rsync"),
    *rules(
        "destroy",
        "removes files of the target that the source lacks, or of the source",
        """rsync --delete|--del|--delete-after|--delete-before|--delete-during|--delete-delay|--delete-excluded
        rsync --remove-source-files""",
        "rsync -n shows what it would do",
    ),
    *rules("destroy", "removes what the source lacks", "rclone sync|deletefile|cleanup|move", "rclone copy"),
    *rules(
        "read", "shows files and folders", "rclone ls|lsl|lsd|lsf|lsjson|size|check|about|cat|tree|version"
    ),
    *rules(
        "change",
        "writes its result into a file",
        """sort -o|--output
        yq -i|--inplace|--in-place
        xxd -r
        iconv -o|--output
        tree -o
        dmidecode --dump-bin
        sar -o""",
    ),
    *rules("read", "reads a document", "yq"),
    # Disks
    *rules(
        "destroy",
        "makes a new, empty file system",
        """mkfs*
        mke2fs|mkswap
        newfs
        btrfs device remove|delete
        btrfs subvolume delete""",
        "check the device with lsblk first",
    ),
    *rules(
        "destroy",
        "changes the partitions of a disk",
        "fdisk|parted|sgdisk|gdisk|sfdisk|cfdisk|wipefs|blkdiscard",
        "sfdisk --dump DISK > table.txt first; lsblk shows what is mounted",
    ),
    *rules("read", "lists partitions", "fdisk|sgdisk|sfdisk|parted -l|--list|-p|-d|--dump"),
    *rules("read", "lists signatures", "wipefs -n|--no-act"),
    *rules("change", "tells the kernel about partitions", "partprobe|partx|kpartx"),
    *rules(
        "destroy",
        "removes or cuts off a volume",
        """lvremove|vgremove|pvremove|lvreduce|vgreduce|pvmove
        mdadm --zero-superblock|--remove|-r|--fail|-f|--create|-C
        cryptsetup luksFormat|erase|luksErase|luksKillSlot|luksRemoveKey|reencrypt
        dmsetup remove|remove_all|wipe_table
        nvme format|sanitize|delete-ns
        hdparm --security-erase|--trim-sector-ranges|--make-bad-sector|--write-sector
        multipath -F|-f""",
        "take a snapshot or a backup first; lsblk and lvs show what is used",
    ),
    *rules(
        "change",
        "grows or changes volumes",
        "lvcreate|lvextend|lvresize|lvchange|vgcreate|vgextend|vgchange|pvcreate",
    ),
    *rules("change", "changes arrays or encrypted disks", "mdadm|cryptsetup|dmsetup|hdparm|multipath"),
    *rules(
        "destroy",
        "removes a data set or a snapshot, or goes back behind what was written since",
        """zfs destroy|rollback
        zpool destroy|labelclear|remove|detach""",
        "zfs destroy -n shows what would go; zfs snapshot keeps the present",
    ),
    *rules("change", "changes pools or data sets", "zfs|zpool|btrfs"),
    *rules(
        "read",
        "lists volumes",
        """lvs|vgs|pvs|lvdisplay|vgdisplay|pvdisplay|lvscan|vgscan|pvscan
        zfs|zpool list|status|get|iostat|history|events|diff
        btrfs filesystem|device|subvolume show|df|usage|list|stats
        mdadm --detail|-D|--examine|-E|--query|-Q
        cryptsetup status|luksDump|isLuks
        dmsetup ls|info|status|table|deps
        hdparm -I|-i|-t|-T
        multipath -l|-ll
        swapon -s|--show
        swapon $""",
    ),
    *rules(
        "destroy",
        "repairs a file system, and drops what it cannot repair",
        "fsck*|e2fsck|xfs_repair|ntfsfix|reiserfsck",
        "fsck -n only looks",
    ),
    *rules(
        "read",
        "looks for mistakes in a file system",
        """fsck*|e2fsck|xfs_repair -n|-N
        tune2fs|dumpe2fs -l|-h
        xfs_info|debugfs""",
    ),
    *rules("change", "changes a file system", "resize2fs|xfs_growfs|tune2fs|e2label|fstrim"),
    *rules("read", "shows the state of disks", "smartctl"),
    *rules("change", "starts a test of a disk, or sets it", "smartctl -t|--test|-s|-o|-S|-X"),
    *rules("read", "shows what is mounted", "mount"),
    *rules("change", "changes what is mounted", "umount|swapoff|losetup|exportfs|iscsiadm"),
    *rules("change", "mounts a file system, or uses more swap", "mount|swapon *\nswapon -a"),
    *rules("change", "mounts a file system", "mount -o|-a|-t|--bind|--all"),
    *rules("read", "shows what is mounted", "mount -l"),
    *rules(
        "read",
        "lists what is shared or attached",
        """losetup -a|-l|--list
        exportfs -v|-s""",
    ),
    *rules(
        "read",
        "records what the machine does",
        """perf top|report|list|script|annotate|bench
        bpftrace|sysdig -l""",
    ),
    *rules("read", "shows the graphics cards", "nvidia-smi|rocm-smi"),
    *rules("change", "sets how the graphics cards work", "nvidia-smi -pl|-pm|-ac|-lgc|-mig"),
    *rules(
        "destroy",
        "stops what runs on the graphics cards",
        "nvidia-smi -r|--gpu-reset",
        "nvidia-smi shows who uses them",
    ),
    # Processes
    *rules(
        "change", "ends or signals processes", "kill|pkill|killall|skill|tkill", "restart the service instead"
    ),
    *rules(
        "destroy",
        "ends processes at once; what they were doing is lost",
        "kill|pkill|killall|skill -9|-KILL|-SIGKILL",
        "without -9 they may finish; or restart the service",
    ),
    *rules(
        "destroy", "ends whatever uses a file or a port", "fuser -k|--kill", "fuser without -k names them"
    ),
    *rules("read", "names who uses a file or a port", "fuser"),
    *rules("read", "asks whether a process lives", "kill -0|-l|-L"),
    *rules("change", "changes the priority of a process", "renice|ionice|taskset|prlimit|chrt"),
    *rules("read", "shows limits of a process", "prlimit --pid|-p"),
    *rules("read", "shows a process of Java", "jmap -histo|-heap|-clstats"),
    *rules("change", "writes the memory of a process into a file", "jmap|gcore|dotnet-dump"),
    *rules(
        "read",
        "shows a process of Java",
        """jcmd * Thread.print|VM.flags|VM.version|VM.uptime|VM.system_properties|VM.command_line|VM.info|GC.heap_info
        jcmd * GC.class_histogram|help|PerfCounter.print|VM.native_memory
        jcmd -l""",
    ),
    *rules("change", "acts on a process of Java", "jcmd * *\njinfo -flag"),
    *rules("read", "lists processes of Java", "jcmd"),
    # The machine
    *rules(
        "destroy",
        "stops or restarts the machine under everything that runs on it",
        """reboot|shutdown|poweroff|halt|init|telinit|kexec
        systemctl reboot|poweroff|halt|kexec|rescue|emergency|soft-reboot
        ipmitool chassis power off|reset|cycle|soft
        ipmitool power off|reset|cycle|soft
        Stop-Computer|Restart-Computer""",
        "restart the service alone; drain the machine first",
    ),
    *rules("change", "calls a stop of the machine off", "shutdown -c"),
    *rules("read", "shows the run level", "runlevel"),
    *rules(
        "read",
        "shows sensors and the log of the hardware",
        """ipmitool sdr|sensor|fru
        ipmitool sel list|elist|info
        ipmitool lan print
        ipmitool mc info
        ipmitool chassis status
        ipmitool chassis power status""",
    ),
    *rules(
        "change",
        "starts or stops a service",
        """systemctl|service|rc-service|rc-update|initctl|sv|svc|s6-svc|update-rc.d|chkconfig
        systemctl reset-failed|kill|unmask|edit|revert""",
    ),
    *rules(
        "read",
        "shows services",
        """systemctl status|show|cat|help|is-active|is-enabled|is-failed|list-units|list-timers|list-unit-files
        systemctl list-dependencies|list-sockets|list-jobs|list-machines|list-paths|list-automounts
        systemctl get-default|is-system-running|show-environment
        systemctl --failed|--all|--state|--version
        service * status
        service --status-all
        rc-service * status
        rc-status
        initctl list|status
        sv status
        svstat
        chkconfig --list""",
    ),
    *rules(
        "read",
        "shows how the machine started",
        "systemd-analyze|systemd-cgtop|systemd-cgls|systemd-detect-virt",
    ),
    *rules("read", "shows the journal", "journalctl"),
    *rules(
        "destroy",
        "removes old journal entries",
        "journalctl --vacuum-size|--vacuum-time|--vacuum-files",
        "journalctl --since=… > file keeps them; SystemMaxUse= in journald.conf sets a limit",
    ),
    *rules("change", "starts a new journal file", "journalctl --rotate|--flush|--sync|--setup-keys"),
    *rules("read", "shows kernel messages", "dmesg"),
    *rules(
        "destroy", "clears the kernel messages", "dmesg -C|-c|--clear|--read-clear", "dmesg alone shows them"
    ),
    *rules("change", "sets kernel parameters", "sysctl -w|--write|-p|--load|--system"),
    *rules("change", "sets kernel parameters", "sysctl *=*"),
    *rules("read", "shows kernel parameters", "sysctl"),
    *rules(
        "change",
        "sets the clock",
        """date -s|--set
        hwclock|ntpdate|timedatectl|chronyc""",
    ),
    *rules(
        "read",
        "shows the clock",
        """timedatectl status|show|list-timezones|timesync-status|show-timesync
        chronyc tracking|sources|sourcestats|activity|ntpdata
        ntpdate -q
        hwclock -r|--show""",
    ),
    *rules(
        "read", "shows the name of the machine", "hostname|domainname\nhostnamectl status|show\nhostnamectl $"
    ),
    *rules(
        "change",
        "renames the machine",
        """hostname *
        hostnamectl *""",
    ),
    *rules("read", "shows the name of the machine", "hostname -f|-i|-I|-s|-d|--fqdn"),
    *rules("read", "tells how the machine was set up", "cloud-init status|query|analyze"),
    *rules("destroy", "forgets how the machine was set up", "cloud-init clean", "cloud-init status first"),
    *rules(
        "change",
        "changes accounts",
        "useradd|usermod|groupadd|groupmod|passwd|chpasswd|adduser|chage|gpasswd|chsh|newgrp",
    ),
    *rules("read", "shows an account", "passwd -S|--status"),
    *rules("read", "shows an account", "chage -l|--list"),
    *rules(
        "destroy",
        "removes accounts",
        "userdel|groupdel|deluser|delgroup",
        "usermod -L locks the account and keeps it",
    ),
    *rules("change", "changes the timetable of jobs", "crontab -e\nat"),
    *rules(
        "read",
        "lists jobs",
        """crontab -l
        atq""",
    ),
    *rules("destroy", "removes jobs that wait", "atrm", "atq lists them"),
    *rules("destroy", "removes the whole crontab", "crontab -r", "crontab -e, and comment the line out"),
    *rules("change", "loads or removes kernel modules", "modprobe|insmod|rmmod|depmod"),
    *rules(
        "change",
        "an editor, or a program that asks",
        "vi|vim|nvim|nano|emacs|ed|ex|visudo|vipw|screen|tmux",
        "write the change as a command",
    ),
    *rules(
        "read",
        "checks a configuration",
        """visudo -c
        sshd -t|-T
        named-checkconf|named-checkzone
        postfix check|status
        postconf -n|-d
        dnsmasq --test
        rsyslogd -N1
        php-fpm -t
        xmllint|yamllint|shellcheck|hadolint|actionlint""",
    ),
    *rules("read", "lists sessions", "tmux ls|list-sessions|list-windows"),
    *rules("read", "lists sessions", "screen -ls|-list"),
    *rules("change", "rotates logs", "logrotate|savelog"),
    # Mail
    *rules(
        "destroy",
        "removes mail that waits",
        """postsuper -d
        exim -Mrm
        exim4 -Mrm
        mailq -d""",
        "postsuper -h puts it on hold and keeps it",
    ),
    *rules(
        "change",
        "acts on the mail that waits",
        "postsuper|postqueue|postfix|exim|exim4|sendmail|mail|mailx|mutt",
    ),
    *rules(
        "read",
        "shows the mail that waits",
        """postqueue -p|-j
        exim|exim4 -bp|-bpc
        mailq""",
    ),
    # Security
    *rules("read", "searches what was recorded", "ausearch|aureport|lastb|faillog"),
    *rules("destroy", "drops all rules of the audit", "auditctl -D", "auditctl -l > rules.txt first"),
    *rules(
        "change",
        "changes what the system permits",
        "setenforce|setsebool|semanage|aa-enforce|aa-complain|faillock",
    ),
    *rules(
        "read",
        "shows what the system permits",
        """semanage * -l
        getsebool|getenforce|apparmor_status|aa-status
        auditctl -l|-s""",
    ),
    # Windows
    *rules(
        "read",
        "a cmdlet of PowerShell, or a command of Windows, that only looks",
        """Get-*|Test-*|Measure-*|Select-*|Where-*|Format-*|Sort-*|Group-*|Compare-*|Show-*|Find-*|Resolve-*|ConvertTo-*
        ConvertFrom-*|Write-Host|Write-Output|Out-String|Out-Host|Wait-*
        tasklist|systeminfo|ipconfig|dir|qwinsta|wevtutil|driverquery|ver|where
        sc query|queryex|qc
        net user|view|statistics|share|use|localgroup $
        net user|view|localgroup * $""",
    ),
    *rules(
        "change",
        "changes something of Windows",
        """Set-*|New-*|Add-*|Start-*|Restart-*|Enable-*|Disable-*|Suspend-*|Resume-*|Copy-*|Move-*|Rename-*|Update-*
        Stop-*|Invoke-*|Import-*|Export-*|Out-File|Install-*
        sc|net|netsh|reg|schtasks|iisreset""",
    ),
    *rules(
        "destroy",
        "removes or empties something of Windows, or ends it at once",
        """net user|share|use|localgroup|group|view * /delete
        net user|share|use|localgroup|group * /del
        rmdir /s|/q|/S
        Remove-*|Clear-*|Uninstall-*|Format-Volume|Initialize-Disk|Reset-*|Stop-Process|Invoke-Expression|iex
        del|erase|rd|format|diskpart|taskkill
        reg delete
        schtasks|sc delete
        wevtutil cl|clear-log
        vssadmin delete""",
        "the same cmdlet with -WhatIf shows what it would do",
    ),
)
