"""Which programs only look, whatever their arguments?"""

from __future__ import annotations

from tocsin.act.guard.names import names

LOOKING = names(
    """
    : [ [[ ack ag apropos arch arp basename bc bg blkid cal cat cksum cmp column comm cut cd date df diff dig
    dirname dirs dmidecode du echo egrep env expr factor false fg fgrep file findmnt finger fmt fold free
    getconf getent grep groups hash head hexdump history host hostid htop iconv id iostat iotop ipcs jobs join
    jq last lastlog less let locale locate look lsattr lsb_release lsblk lscpu lshw ls lsmod lsns lsof lspci
    lsusb man md5sum more mpstat mtr netstat nettop nl nm nproc nslookup numfmt objdump od paste pathchk pgrep
    pidof pidstat pinky ping ping6 pmap popd pr printenv printf ps pstree pushd pwd pwdx read readlink readelf
    realpath return rev rg sar seq sestatus sha1sum sha256sum sha512sum shift size slabtop sleep sort ss stat
    strings sum tac tail telnet test times top tput tr tracepath traceroute tree true tsort tty type ulimit
    uname uniq unset uptime users vmstat w wait wc whatis whereis which who whoami whois xxd yes zcat zgrep
    zless exit break continue set local declare typeset export readonly getopts shopt umask unalias compgen
    mapfile readarray dstat nload iftop ncdu duf glances btop atop base64 fuser tldr jc gron htmlq xmllint
    yamllint pg_isready pg_controldata pgbadger promtool stern kubetail dpkg-query apt-cache rpmquery ntpq lsipc
    lslocks help modinfo getcap getsebool getfacl sensors nfsiostat numastat lsscsi lsmem lsfd namei ncal units
    bat batcat eza exa delta hexyl bmon powertop turbostat needs-restarting checkrestart debsums aide lynis
    chkrootkit rkhunter zcmp zdiff bzcat xzcat zstdcat bzgrep xzgrep cpuid dnstracer drill kdig resolveip
    tcptraceroute fping mediainfo tokei cloc jo mlr dasel pup fx vmtouch pcstat tiptop procs dool dust gdu glow
    mdcat ts logtail goaccess lnav multitail angle-grinder agrind hwinfo inxi neofetch lslogins jstack jstat
    jcmd jps jinfo py-spy gops
    """
)
"""Those of them that can act with some arguments stand in RULES as well, and that wins."""
