"""What do the programs of containers and clusters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

_AT_ONCE = "without KILL it may finish: docker stop"

CONTAINERS: tuple[Rule, ...] = (
    # Containers
    *rules(
        "read",
        "shows containers, images and their output",
        """docker $
        docker compose $
        docker ps|logs|stats|inspect|images|top|port|version|info|diff|history|events|search|wait
        docker container|image|network|volume|context|plugin|node|service|stack|secret|config ls|list|inspect|ps|history
        docker container|service logs|stats|top|port|diff
        docker system df|info|events
        docker manifest inspect
        docker context show
        docker buildx ls|inspect|du
        docker scout quickview|cves
        docker compose ps|logs|config|images|top|port|version|ls|events|stats|convert|wait
        crictl ps|pods|images|logs|inspect|inspectp|inspecti|stats|statsp|info|version
        ctr * ls|list|info
        ctr version""",
    ),
    *rules(
        "change",
        "starts, stops or makes containers",
        """docker start|stop|restart|pause|unpause|run|create|exec|attach|build|pull|push|tag|update|rename|cp
        docker commit|load|import|login|logout|save|export
        docker container start|stop|restart|pause|unpause|run|create|exec|update|attach|cp|rename|commit|export
        docker compose up|start|stop|restart|pause|unpause|run|exec|build|pull|push|create|scale|down|cp|watch|attach
        docker service update|scale|create|rollback
        docker stack deploy
        docker network create|connect|disconnect
        docker volume create
        docker image pull|push|build|tag|load|save
        docker node update|promote|demote
        docker swarm init|join|update|join-token|unlock
        docker buildx build|create|use|bake
        docker context use|create
        crictl start|stop|pull|exec|run|runp|stopp|create|update
        ctr *""",
    ),
    *rules(
        "destroy",
        "ends containers at once; what they were doing is lost",
        """docker kill
        docker container|compose kill""",
        _AT_ONCE,
    ),
    *rules(
        "destroy",
        "removes containers with everything they wrote inside themselves",
        """docker rm
        docker container rm|prune
        docker compose rm
        crictl rm|rmp
        ctr * rm|delete""",
        "docker stop keeps it",
    ),
    *rules(
        "destroy",
        "removes images, networks or caches; what was built here is gone",
        """docker rmi
        docker image rm|prune
        docker network rm|prune
        docker builder|buildx prune
        docker buildx|context rm
        crictl rmi""",
        "docker system df shows what it would free; pull or push the image first",
    ),
    *rules(
        "destroy",
        "removes the volumes, and all data in them",
        """docker compose down -v|--volumes
        docker compose rm -v
        docker volume rm|prune""",
        "docker compose down without -v keeps the volumes; back them up first",
    ),
    *rules(
        "destroy",
        "makes the unnamed volumes anew, without their data",
        "docker compose up -V|--renew-anon-volumes",
        "docker compose up without -V",
    ),
    *rules(
        "destroy",
        "removes the images as well",
        "docker compose down --rmi",
        "docker compose down without --rmi",
    ),
    *rules(
        "destroy",
        "removes all that is not in use",
        "docker system prune",
        "docker system df shows what it would free; remove things by name",
    ),
    *rules(
        "destroy",
        "removes services, or a node from them",
        """docker service|stack|secret|config|node rm
        docker swarm leave""",
        "docker service scale NAME=0 keeps it",
    ),
    # Kubernetes
    *rules(
        "read",
        "shows the state of the cluster",
        """kubectl $
        kubectl get|describe|logs|top|explain|version|cluster-info|api-resources|api-versions|diff|wait|events|kustomize
        kubectl options|completion
        kubectl plugin list
        kubectl rollout status|history
        kubectl auth can-i *
        kubectl auth whoami
        kubectl neat|tree|who-can|status|help
        kubectl cnpg|gadget|krew|argo version|help|status|list|get
        kubectl argo rollouts get|list|status|version
        kubectl apply view-last-applied
        kubectl config view|get-contexts|current-context|get-clusters|get-users
        kubectl port-forward|proxy
        kubectl whoami|projects
        kubectl project|ctx|ns $
        kubectl adm top|must-gather|inspect|node-logs
        kubectl adm release info
        kubectx|kubens|stern|kubetail|popeye|kube-score|kubeval|kubeconform
        helm $
        helm list|ls|status|get|history|template|show|search|lint|version|env|diff|verify|dependency
        helm repo list
        helm plugin list
        kustomize build
        argocd app get|list|diff|history|logs|manifests|resources
        trivy|grype|syft|dive
        istioctl proxy-status|proxy-config|analyze|version|describe
        flux get|logs|check|tree|trace|events|stats""",
    ),
    *rules(
        "change",
        "changes objects of the cluster",
        """kubectl *
        kubectl apply|create|scale|autoscale|patch|edit|label|annotate|set|expose|run|cordon|uncordon|taint
        kubectl cp|replace|login|logout|start-build|tag|import-image|adm
        kubectl certificate approve|deny
        kubectl rollout restart|undo|pause|resume|latest|retry
        kubectl config use-context|set-context|set|rename-context|unset|set-cluster|set-credentials
        kubectl exec|attach|debug|rsh
        kubectl plugin|krew install|upgrade
        kubectl apply set-last-applied
        kubectx|kubens *
        helm *
        helm install|upgrade|rollback|repo|pull|test|push|package|create
        helm dependency update|build
        argocd app sync|rollback|set|create|patch
        flux reconcile|suspend|resume|create|bootstrap|install""",
    ),
    *rules("change", "moves all pods off a node", "kubectl drain", "kubectl cordon keeps what runs there"),
    *rules(
        "destroy",
        "moves all pods off a node and drops their local data",
        "kubectl drain --delete-emptydir-data|--force|--delete-local-data",
        "kubectl cordon keeps what runs there; drain without --force stops at what would be lost",
    ),
    *rules(
        "destroy",
        "deletes objects of the cluster",
        """kubectl delete
        kubectl cnpg destroy
        kubectl config delete-context|delete-cluster|delete-user
        kubectl replace --force|--raw
        kubectl adm prune
        argocd app delete
        flux delete|uninstall""",
        "kubectl rollout restart, or kubectl scale, keeps the object",
    ),
    *rules(
        "destroy", "deletes what the manifest no longer names", "kubectl apply --prune", "kubectl diff first"
    ),
    *rules("destroy", "removes a release and its objects", "helm uninstall|delete|del|un", "helm rollback"),
)
