"""What do the programs of containers and clusters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

CONTAINERS: tuple[Rule, ...] = (
    # Containers
    *rules(
        "read",
        "shows containers, images and their output",
        """docker ps|logs|stats|inspect|images|top|port|version|info|diff|history|events|search|wait
        docker container|image|network|volume|context|plugin|node|service|stack|secret|config ls|list|inspect|ps
        docker container|service logs|stats|top|port
        docker system df|info|events
        docker manifest inspect
        docker compose ps|logs|config|images|top|port|version|ls|events|stats
        crictl ps|pods|images|logs|inspect|inspectp|stats|info|version
        ctr * ls|list|info""",
    ),
    *rules(
        "change",
        "starts, stops or makes containers",
        """docker start|stop|restart|kill|pause|unpause|run|create|exec|build|pull|push|tag|update|rename|cp|commit|load
        docker container start|stop|restart|kill|pause|unpause|run|create|exec|update
        docker compose up|start|stop|restart|kill|pause|unpause|run|exec|build|pull|push|create|scale|down
        docker service update|scale|create|rollback
        docker stack deploy
        docker network create|connect|disconnect|rm|prune
        docker rmi
        docker image rm|prune|pull
        docker builder prune""",
    ),
    *rules(
        "destroy",
        "removes containers with everything they wrote inside themselves",
        """docker rm
        docker container rm|prune
        docker compose rm
        crictl rm|rmp|rmi""",
        "docker stop keeps it",
    ),
    *rules(
        "destroy",
        "removes the volumes, and all data in them",
        """docker compose down -v|--volumes
        docker compose rm -v
        docker volume rm|prune""",
        "docker compose down without -v keeps the volumes; back them up first",
    ),
    *rules("destroy", "removes containers and volumes for good", "docker compose up -V|--renew-anon-volumes"),
    *rules("destroy", "removes the images as well", "docker compose down --rmi"),
    *rules("destroy", "removes all that is not in use", "docker system prune", "docker image prune"),
    *rules(
        "destroy",
        "removes services",
        """docker service|stack|secret|config|node rm
        docker swarm leave""",
    ),
    # Kubernetes
    *rules(
        "read",
        "shows the state of the cluster",
        """kubectl get|describe|logs|top|explain|version|cluster-info|api-resources|api-versions|diff|wait|events
        kubectl rollout status|history
        kubectl auth can-i|whoami
        kubectl cnpg|gadget|krew|argo version|help|status|list
        kubectl config view|get-contexts|current-context|get-clusters
        kubectl port-forward|proxy
        helm list|ls|status|get|history|template|show|search|lint|version|env
        kustomize build
        argocd app get|list|diff|history|logs
        istioctl proxy-status|proxy-config|analyze|version
        flux get|logs|check""",
    ),
    *rules(
        "change",
        "changes objects of the cluster",
        """kubectl apply|create|scale|autoscale|patch|edit|label|annotate|set|expose|run|cordon|uncordon|taint
        kubectl cp|replace
        kubectl rollout restart|undo|pause|resume
        kubectl config use-context|set-context|set
        kubectl exec|attach|debug
        helm install|upgrade|rollback|repo|pull|test
        argocd app sync|rollback|set
        flux reconcile|suspend|resume""",
    ),
    *rules("change", "moves all pods off a node", "kubectl drain", "kubectl cordon keeps what runs there"),
    *rules(
        "destroy",
        "moves all pods off a node and drops their local data",
        "kubectl drain --delete-emptydir-data|--force",
    ),
    *rules(
        "destroy",
        "deletes objects of the cluster",
        """kubectl delete
        kubectl cnpg destroy
        kubectl replace --force
        argocd app delete
        flux delete|uninstall""",
        "kubectl rollout restart, or kubectl scale, keeps the object",
    ),
    *rules(
        "destroy", "deletes what the manifest no longer names", "kubectl apply --prune", "kubectl diff first"
    ),
    *rules("destroy", "removes a release and its objects", "helm uninstall|delete|del", "helm rollback"),
)
