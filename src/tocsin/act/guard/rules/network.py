"""What do the programs of the network and of supervised processes do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

NETWORK: tuple[Rule, ...] = (
    # Network
    *rules(
        "read",
        "shows the network",
        """ip $
        ip * $
        ip * show|list|ls|get|monitor
        ifconfig|route|ethtool|iwconfig|bridge|arping|nmap|iw
        bridge * show
        conntrack -L|-S|-C|-E
        ipvsadm -L|-l|-Ln|-ln|--list
        lldpcli show
        birdc|birdcl show
        snmpget|snmpwalk|snmpbulkwalk|ldapsearch|klist|nfsstat|showmount|rpcinfo|speedtest""",
    ),
    *rules(
        "change",
        "changes the network",
        """ip * *
        ip * add|del|delete|set|change|replace|append
        bridge * add|del|set
        ifconfig * *
        route add|del|delete
        arp -d|-s
        ethtool -s|-K|-G|-A|-r|-L|-C
        ifup|ifdown|nmcli|netplan|resolvectl|dhclient|brctl|ovs-vsctl|birdc|birdcl|vtysh|snmpset|ldapadd|ldapmodify|iperf|iperf3
        conntrack|ipvsadm|lldpcli|kinit""",
    ),
    *rules(
        "read",
        "shows the network",
        """nmcli * show|status
        nmcli general
        resolvectl status|query|statistics|dns|domain
        netplan get|status
        brctl show
        ovs-vsctl show|list
        networkctl status|list""",
    ),
    *rules(
        "destroy",
        "removes every address, route or connection at once",
        """ip * flush
        conntrack -F|-D|--flush|--delete
        ipvsadm -C|-D|--clear
        ldapdelete
        ovs-vsctl del-br|del-port""",
        "save what is there first: ip route save > file",
    ),
    *rules("change", "empties a cache of names", "resolvectl flush-caches|reset-statistics"),
    *rules("change", "changes the firewall", "iptables|ip6tables|nft|ufw|ipset|ebtables|tc|pfctl"),
    *rules(
        "read",
        "shows the firewall",
        """iptables|ip6tables|ebtables -L|-S|-C|--list|--list-rules|-nL|-nvL|-vnL
        nft list
        ufw status|show|version
        ipset list
        pfctl -s|-sr|-sa
        firewall-cmd --list-all|--state|--get-active-zones|--list-ports|--get-zones|--list-services
        tc * show""",
    ),
    *rules(
        "change",
        "changes the firewall",
        """firewall-cmd --add-port|--add-service|--add-rich-rule|--reload
        firewall-cmd --remove-port|--remove-service|--remove-rich-rule""",
    ),
    *rules(
        "destroy",
        "drops all rules of the firewall",
        """iptables|ip6tables -F|-X|--flush|--delete-chain
        nft flush|delete
        ufw reset
        pfctl -F
        ipset destroy|flush""",
        "save them first: iptables-save > file",
    ),
    *rules("read", "prints the rules of the firewall", "iptables-save|ip6tables-save"),
    *rules(
        "destroy",
        "replaces all rules of the firewall",
        "iptables-restore|ip6tables-restore",
        "iptables-save > file first, and --noflush adds only",
    ),
    *rules("change", "opens a connection that may send anything", "nc|ncat|netcat|socat"),
    *rules("read", "asks whether a port answers", "nc|ncat|netcat -z|-zv|-vz|-zvw"),
    *rules("read", "records packets and sends none", "tcpdump|tshark|ngrep"),
    *rules("change", "writes a file of packets", "tcpdump|tshark -w"),
    *rules("read", "looks at keys and certificates", "openssl|ssh-keyscan|keytool"),
    *rules("read", "looks at keys", "ssh-keygen -l|-F|-lf"),
    *rules(
        "change",
        "writes keys or certificates",
        """openssl -out|-keyout
        openssl genrsa|req|ca|rand -out
        keytool -import|-importcert|-genkey|-genkeypair
        ssh-keygen|ssh-copy-id|ssh-add
        ssh-agent
        gpg""",
    ),
    *rules("read", "looks at keys", "gpg --list-keys|--list-secret-keys|-k|-K|--verify"),
    *rules("read", "lists keys", "ssh-add -l|-L"),
    *rules("destroy", "removes a key", "keytool -delete", "keytool -list, and keep a copy of the file"),
    *rules("change", "asks for certificates", "certbot"),
    *rules("read", "lists certificates", "certbot certificates"),
    *rules("destroy", "revokes or removes certificates", "certbot revoke|delete", "certbot renew"),
    *rules(
        "change",
        "changes the routing of traffic",
        "nginx|apachectl|apache2ctl|httpd|haproxy|caddy|envoy|traefik|varnishadm|a2ensite|a2dissite|a2enmod|a2dismod",
    ),
    *rules(
        "read",
        "checks a configuration",
        """nginx -t|-T|-v|-V
        apachectl|apache2ctl configtest|status|fullstatus
        apachectl|apache2ctl|httpd -t|-S|-v|-M
        haproxy -c|-v|-vv
        caddy validate|version|list-modules|adapt
        varnishadm status|ping|backend.list|param.show|vcl.list
        varnishstat|varnishtop|varnishhist""",
    ),
    *rules("destroy", "drops what the cache holds", "varnishadm ban", "ban a narrower pattern"),
    # Supervisors of processes
    *rules(
        "read",
        "shows processes",
        """supervisorctl status|pid|tail|maintail|avail|version|help
        monit status|summary|report""",
    ),
    *rules("change", "starts or stops processes", "supervisorctl|monit|pm2|circusctl|god|forever"),
    *rules(
        "destroy",
        "stops or forgets what the supervisor keeps",
        """supervisorctl shutdown|remove
        pm2 kill|delete""",
        "stop or restart keeps the entry",
    ),
    *rules("destroy", "drops logs", "pm2 flush", "pm2 reloadLogs; logrotate keeps the old content"),
    *rules(
        "read", "shows processes", "pm2 list|ls|status|logs|show|describe|monit|jlist|prettylist|info|id|ping"
    ),
)
