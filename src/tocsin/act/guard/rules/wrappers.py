"""Which programs run another program that their arguments name?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.act.guard.verdict import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrapper:
    """A program that runs another one, given in its arguments. The verdict is that of the inner command.

    `valued` are its own options with a value, `skip` the number of its own arguments before the command, `text` that
    the rest is joined and run by a shell, `code` options whose value a shell runs, `dashed` that the command stands
    behind `--` where there is one. `own` is what the wrapper does itself, `alone` its level without a command,
    `writes` are options that write a file.
    """

    valued: frozenset[str] = frozenset()
    skip: int = 0
    text: bool = False
    code: frozenset[str] = frozenset()
    dashed: bool = False
    own: Level = "read"
    alone: Level = "change"
    writes: frozenset[str] = frozenset()

    @property
    def sentence(self) -> str:
        """What it does, in words."""
        where = (
            "behind `--`"
            if self.dashed
            else f"behind {self.skip} of its own arguments"
            if self.skip
            else "as given"
        )
        told = f"runs a shell text, {where}" if self.text else f"runs a command, {where}"
        return f"{told}; or the value of {', '.join(sorted(self.code))}" if self.code else told


_DOCKER_EXEC = "-u --user -w --workdir -e --env --env-file --detach-keys --index --privileged=true"
_DOCKER_RUN = """
    -a --add-host --annotation --attach --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile
    --cpu-period --cpu-quota --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --dns
    --dns-option --dns-search --domainname -e --env --env-file --expose --gpus --group-add --health-cmd
    --health-interval --health-retries --health-timeout -h --hostname --ip --ip6 --ipc --isolation -l --label
    --label-file --link --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap --mount
    --name --net --network --network-alias --oom-score-adj -p --publish --pid --pids-limit --platform --pull
    --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs
    --ulimit -u --user --userns --uts -v --volume --volume-driver --volumes-from -w --workdir --scale
"""
_KUBE = """
    -c --container -n --namespace --context --kubeconfig -f --filename --image --overrides --env -l --labels --profile
"""
_SSH = "-i -p -l -o -F -J -L -R -D -b -c -E -e -I -m -O -Q -S -W -w -B -P"


def _wrappers(
    told: str,
    valued: str = "",
    *,
    skip: int = 0,
    text: bool = False,
    code: str = "",
    dashed: bool = False,
    own: Level = "read",
    alone: Level = "change",
    writes: str = "",
) -> Iterator[tuple[str, Wrapper]]:
    """One wrapper under several names, separated by commas."""
    made = Wrapper(
        valued=frozenset(valued.split()),
        skip=skip,
        text=text,
        code=frozenset(code.split()),
        dashed=dashed,
        own=own,
        alone=alone,
        writes=frozenset(writes.split()),
    )
    return ((" ".join(name.split()), made) for name in told.split(","))


WRAPPERS: dict[str, Wrapper] = dict(
    (
        # As another user, later, slower, elsewhere in the tree
        *_wrappers("sudo", "-u --user -g --group -h --host -p --prompt -C -r -t -U -D -R -T --chdir"),
        *_wrappers("doas", "-u -C"),
        *_wrappers("pkexec", "--user"),
        *_wrappers("setpriv", "--reuid --regid --groups"),
        *_wrappers(
            "nohup, setsid, builtin, unbuffer, chronic, busybox, toybox, fakeroot, torsocks, proxychains"
        ),
        *_wrappers(
            "proxychains4, catchsegv, dbus-run-session, caffeinate, linux32, linux64, systemd-inhibit, eatmydata"
        ),
        *_wrappers("tini, dumb-init, entr, nodenv exec, exec-path, gnome-terminal", "-p"),
        *_wrappers("command", alone="read"),
        *_wrappers("exec", "-a", alone="read"),
        *_wrappers("time", "-f -o --format --output", alone="read", writes="-o --output"),
        *_wrappers("nice", "-n --adjustment", alone="read"),
        *_wrappers("ionice", "-c -n -p --class --classdata"),
        *_wrappers("stdbuf", "-i -o -e"),
        *_wrappers("timeout, gtimeout", "-s --signal -k --kill-after", skip=1),
        *_wrappers("chroot", "--userspec --groups", skip=1),
        *_wrappers("taskset, chrt", "-p", skip=1),
        *_wrappers("numactl", "-C -m -N -i --cpunodebind --membind --physcpubind --interleave"),
        *_wrappers("cgexec", "-g"),
        *_wrappers("flock", "-w --timeout -E --wait --conflict-exit-code", skip=1, code="-c --command"),
        *_wrappers("script", "-O -I -B -E -T --log-out --log-in", skip=1, code="-c --command"),
        *_wrappers(
            "strace, ltrace", "-e -o -p -s -S -u -P -a -E -O -b --attach --trace", alone="read", writes="-o"
        ),
        *_wrappers(
            "valgrind, hyperfine, systemd-run, unshare, firejail", "-p --property -u --unit --uid --gid"
        ),
        *_wrappers("perf stat, perf trace", "-e -p -o -C -a -t", alone="read"),
        *_wrappers("perf record", "-e -p -o -C -F -t -c -g", own="change"),
        *_wrappers("gosu, su-exec, setuidgid, s6-setuidgid, chpst", "-u", skip=1),
        *_wrappers("nsenter", "-t --target -S -G --setuid --setgid"),
        *_wrappers("ip netns exec", skip=1),
        *_wrappers("watch", "-n --interval", text=True),
        *_wrappers("screen", "-S -c -e -h -p -s -t -T -X"),
        *_wrappers(
            "tmux new-session, tmux new, tmux new-window, tmux neww, tmux split-window, tmux respawn-pane, tmux run",
            "-s -n -t -c -x -y -F -e -l -p",
            text=True,
        ),
        *_wrappers("tmux send-keys, tmux send", "-t -N", text=True),
        *_wrappers("xvfb-run", "-s -n -e -f -w"),
        # For each line of the input
        *_wrappers(
            "xargs",
            "-I -n -P -L -d -E -s -a --max-args --max-procs --delimiter --replace --max-lines --arg-file --max-chars",
            alone="read",
        ),
        *_wrappers(
            "parallel", "-j --jobs -N --colsep -a -n --max-args --results --joblog --timeout", text=True
        ),
        # On other machines
        *_wrappers("ssh, autossh", _SSH, skip=1, text=True),
        *_wrappers("sshpass", "-p -f -d -P"),
        *_wrappers(
            "mosh, tsh ssh, docker-machine ssh, rsh, cf ssh", "-p --ssh --login --cluster", skip=1, text=True
        ),
        *_wrappers("pssh, parallel-ssh", "-h -H -l -p -t -o -e -O", text=True),
        *_wrappers("pdsh, clush, dsh", "-w -x -g -l -f -t -u -R", text=True),
        *_wrappers("gcloud compute ssh", "--zone --project", skip=1, code="--command"),
        *_wrappers("vagrant ssh", code="-c --command"),
        *_wrappers("minikube ssh, multipass shell", "-n --node", text=True),
        *_wrappers("fly ssh console, flyctl ssh console", "-a --app -s -r --region", code="-C --command"),
        *_wrappers("az vm run-command invoke", "-g -n --command-id", code="--scripts", alone="change"),
        *_wrappers("aws ecs execute-command", "--cluster --task --container", code="--command"),
        *_wrappers("heroku run", "-a --app -s --size", text=True),
        *_wrappers("kamal app exec, dokku run, railway run", "-d -h -r", text=True),
        # In containers and other spaces
        *_wrappers("docker exec, docker container exec, docker compose exec", _DOCKER_EXEC, skip=1),
        *_wrappers("docker run, docker container run, docker compose run", _DOCKER_RUN, skip=1, own="change"),
        *_wrappers("crictl exec, nerdctl exec", "-r -t --timeout", skip=1),
        *_wrappers(
            "lxc exec, incus exec, multipass exec, kubectl node-shell", "-n --env", skip=1, dashed=True
        ),
        *_wrappers("lxc-attach, machinectl shell", "-n -u --uid", dashed=True),
        *_wrappers("kubectl exec, kubectl rsh", _KUBE, skip=1, dashed=True),
        *_wrappers("kubectl run, kubectl debug", _KUBE, skip=1, dashed=True, own="change"),
        *_wrappers("nomad alloc exec, nomad exec", "-task -job", skip=1),
        # With an environment made for it
        *_wrappers(
            "aws-vault exec, chamber exec, direnv exec, conda run, asdf exec", "-n -p", skip=1, dashed=True
        ),
        *_wrappers(
            "op run, doppler run, infisical run, mise exec, dotenv, envdir", "-c -p --env-file", dashed=True
        ),
        *_wrappers("sops exec-env", skip=1, text=True),
        *_wrappers(
            "poetry run, pipenv run, uv run, pdm run, hatch run, rye run, rbenv exec, pyenv exec", "--with -p"
        ),
        *_wrappers("bundle exec, pnpm exec, npm exec, yarn exec", "-p"),
        *_wrappers("npx, bunx, pnpm dlx, yarn dlx, uvx, pipx run", "-p --package -c", own="change"),
    )
)
"""By the words that they begin with; the longest wins."""

CODE_IN_OPTIONS: dict[str, tuple[str, ...]] = {
    "tar": ("--to-command", "--checkpoint-action", "--use-compress-program", "-I", "--info-script", "-F"),
    "rsync": ("-e", "--rsh", "--rsync-path"),
    "scp": ("-S", "-o"),
    "sftp": ("-S", "-o"),
    "ssh": ("-o",),
    "man": ("-P", "--pager"),
    "tcpdump": ("-z",),
    "split": ("--filter",),
    "sort": ("--compress-program",),
    "vim": ("-c", "--cmd"),
    "vi": ("-c",),
    "nvim": ("-c", "--cmd"),
    "gdb": ("-ex", "-iex", "--eval-command"),
    "screen": ("-X",),
    "expect": ("-c",),
    "env": ("-S", "--split-string"),
    "logrotate": ("-m", "--mail"),
    "zip": ("-TT", "--unzip-command"),
    "certbot": ("--pre-hook", "--post-hook", "--deploy-hook", "--renew-hook"),
}
"""Options of programs whose value a shell runs; `exec=…`, `ProxyCommand=…` and `:!…` before it are set aside."""

TAKES_PROSE = frozenset(
    {"git", "gh", "glab", "hub", "mail", "mailx", "sendmail", "svn", "hg", "jira", "amtool"}
)
"""Programs whose arguments hold sentences of people, which nothing runs."""

REMOTE = frozenset({"aws", "az", "gcloud", "ibmcloud", "oci", "openstack", "govc", "doctl", "scw"})
"""Programs that may run a text somewhere else, wherever among their arguments it stands."""
