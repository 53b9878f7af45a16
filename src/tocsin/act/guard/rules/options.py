"""Which words of a command are options, and what is the program called in the table?"""

from __future__ import annotations

from tocsin.act.guard.names import names

ALIASES: dict[str, tuple[str, ...]] = {
    "docker-compose": ("docker", "compose"),
    "podman": ("docker",),
    "nerdctl": ("docker",),
    "podman-compose": ("docker", "compose"),
    "k": ("kubectl",),
    "oc": ("kubectl",),
    "gawk": ("awk",),
    "mawk": ("awk",),
    "gsed": ("sed",),
    "valkey-cli": ("redis-cli",),
    "mariadb": ("mysql",),
    "zkCli.sh": ("zkCli",),
    "zookeeper-shell.sh": ("zkCli",),
    "zookeeper-shell": ("zkCli",),
}

OPTIONS_WITH_VALUE: dict[str, frozenset[str]] = {
    path: frozenset(options.split())
    for path, options in {
        "docker": "-H --host --context -c --config -l --log-level --tlscacert --tlscert --tlskey",
        "docker compose": "-f --file -p --project-name --profile --env-file --project-directory --parallel --ansi",
        "docker exec": "-u --user -w --workdir -e --env --env-file --detach-keys",
        "docker compose exec": "-u --user -w --workdir -e --env --index",
        "docker run": "-u --user -w --workdir -e --env -v --volume -p --publish --name --network --entrypoint -m",
        "kubectl": "-n --namespace --context --cluster --user --kubeconfig -s --server --token --as --request-timeout",
        "kubectl exec": "-c --container -n --namespace --context --kubeconfig",
        "helm": "-n --namespace --kube-context --kubeconfig",
        "git": "-C -c --git-dir --work-tree --namespace",
        "aws": "--profile --region --output --query --endpoint-url --color --cli-read-timeout --ca-bundle",
        "gcloud": "--project --account --format --region --zone --configuration",
        "az": "--subscription --output -o --query",
        "systemctl": "-H --host -M --machine -t --type -p --property --state -n --lines -o --output",
        "supervisorctl": "-c --configuration -s --serverurl -u --username -p --password",
        "heroku": "-a --app -r --remote",
        "rabbitmqctl": "-n --node -p --vhost -t --timeout -l",
        "rabbitmqadmin": "-H --host -P --port -u --username -p --password -V --vhost",
        "etcdctl": "--endpoints --cacert --cert --key --user",
        "mysqladmin": "-h --host -u --user -P --port -S --socket",
        "terraform": "-chdir",
        "ip": "-n -netns -f -family",
        "patronictl": "-c --config-file -d --dcs-url",
        "ctr": "-n --namespace -a --address",
        "zkCli": "-server -timeout -r",
        "celery": "-A --app -b --broker --result-backend --workdir --config",
        "gh": "-R --repo",
        "nomad": "-address -region -namespace -token",
        "consul": "-http-addr -token -datacenter",
        "vault": "-address -namespace",
        "argocd": "--server --auth-token --core --argocd-context",
        "flux": "-n --namespace --context --kubeconfig",
        "velero": "-n --namespace --kubecontext --kubeconfig",
        "istioctl": "-n --namespace --context --kubeconfig",
        "doctl": "--context -t --access-token -o --output -c --config",
        "fly": "-a --app -o --org -c --config -t --access-token",
        "flyctl": "-a --app -o --org -c --config -t --access-token",
        "neonctl": "--project-id --api-key -o --output --config-dir --branch",
        "wrangler": "-c --config -e --env --cwd",
        "vercel": "-t --token -S --scope --cwd",
        "pulumi": "-s --stack -C --cwd",
        "ceph": "-n --name --id -c --conf -m --cluster -k",
        "virsh": "-c --connect",
        "restic": "-r --repo -p --password-file --password-command",
        "amtool": "--alertmanager.url --config.file -o --output",
        "nmcli": "-f --fields -m --mode -c --colors",
        "openstack": "--os-cloud --os-region-name --os-project-name --os-username --os-auth-url -f",
        "zfs": "",
    }.items()
}
"""Options that are followed by a value, by the words before them."""

PLAIN_OPTIONS = names(
    """
    --no-pager --verbose -v --quiet -q --debug -D --json -j --no-color --user --system --version --help -h -V
    -it -i -t -T -d --detach --tlsverify --dry-run --all-namespaces -A -P --paginate --no-paginate -s -br -4 -6
    -o -c -color --insecure-skip-tls-verify -a -f -F --force --no-cli-pager --interactive --tty -d=false
    --privileged
    """
)
"""Options before a subcommand that are known to take no value; after any other the words cannot be trusted."""
