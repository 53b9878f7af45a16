"""What do the programs of the network and of supervised processes do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

NETWORK: tuple[Rule, ...] = (
    # Network
    *rules(
        "read",
        "shows the network",
        """ip
        ip * show|list|ls|get
        ip -s|-br|-4|-6
        ifconfig|route|ethtool|iwconfig""",
    ),
    *rules(
        "change",
        "changes the network",
        """ip * add|del|delete|set|flush|change|replace|append
        ifconfig * *
        route add|del
        ethtool -s|-K|-G|-A
        ifup|ifdown|nmcli|netplan|resolvectl|dhclient""",
    ),
    *rules(
        "read",
        "shows the network",
        """nmcli * show|status
        resolvectl status|query|statistics
        netplan get|status""",
    ),
    *rules("change", "changes the firewall", "iptables|ip6tables|nft|ufw|firewall-cmd|ipset|ebtables|tc"),
    *rules(
        "read",
        "shows the firewall",
        """iptables|ip6tables -L|-S|--list|--list-rules|-nL|-nvL|-vnL
        nft list
        ufw status|show|version
        ipset list
        firewall-cmd --list-all|--state|--get-active-zones|--list-ports
        tc * show""",
    ),
    *rules(
        "destroy",
        "drops all rules of the firewall",
        """iptables|ip6tables -F|-X|--flush|--delete-chain
        nft flush
        nft delete
        ufw reset
        ipset destroy|flush""",
        "save them first: iptables-save > file",
    ),
    *rules("read", "prints the rules of the firewall", "iptables-save|ip6tables-save"),
    *rules("destroy", "replaces all rules of the firewall", "iptables-restore|ip6tables-restore"),
    *rules("change", "opens a connection that may send anything", "nc|ncat|netcat|socat"),
    *rules("read", "asks whether a port answers", "nc|ncat|netcat -z|-zv|-vz|-zvw"),
    *rules("read", "records packets and sends none", "tcpdump|tshark|ngrep"),
    *rules("change", "writes a file of packets", "tcpdump|tshark -w"),
    *rules("read", "looks at keys and certificates", "openssl"),
    *rules(
        "change",
        "writes keys or certificates",
        """openssl -out|-keyout
        openssl genrsa|req|ca|rand -out
        certbot""",
    ),
    *rules("read", "lists certificates", "certbot certificates"),
    *rules("destroy", "revokes or removes certificates", "certbot revoke|delete"),
    *rules(
        "change",
        "changes the routing of traffic",
        "nginx|apachectl|apache2ctl|httpd|haproxy|caddy|envoy|traefik",
    ),
    *rules(
        "read",
        "checks a configuration",
        """nginx -t|-T|-v|-V
        apachectl|apache2ctl configtest|status|fullstatus
        apachectl|apache2ctl -t|-S|-v
        haproxy -c|-v|-vv
        caddy validate|version|list-modules""",
    ),
    # Supervisors of processes
    *rules(
        "read",
        "shows processes",
        """supervisorctl status|pid|tail|maintail|avail|version|help
        monit status|summary""",
    ),
    *rules("change", "starts or stops processes", "supervisorctl|monit|pm2|circusctl|god|forever"),
    *rules(
        "destroy",
        "stops or forgets what the supervisor keeps",
        """supervisorctl shutdown|remove
        pm2 kill""",
    ),
    *rules(
        "destroy",
        "forgets logs",
        """pm2 flush""",
    ),
    *rules("destroy", "stops and forgets processes", "pm2 delete"),
    *rules("read", "shows processes", "pm2 list|ls|status|logs|show|describe|monit|jlist|prettylist|info"),
)
