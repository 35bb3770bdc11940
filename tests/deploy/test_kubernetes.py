"""The manifests keep to Kubernetes' own schemas, agree with each other and the code, and are as closed as promised."""

import re
import subprocess
import sys
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import validate

from app import __version__
from app.runs.shutdown import DRAIN_SECONDS
from app.settings.loading import variable_of
from app.settings.service_settings import Settings
from app.web.http.middleware import OPEN_PATHS
from support_context.addresses import DELEGATED, REFUSED
from tests.support.exposed_metrics import families

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")

IS_LEFT_WITHIN = DRAIN_SECONDS + 5
"""Seconds after SIGTERM; see the README."""

KUSTOMIZATION_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "resources"],
    "properties": {
        "apiVersion": {"const": "kustomize.config.k8s.io/v1beta1"},
        "kind": {"const": "Kustomization"},
        "namespace": {"type": "string"},
        "resources": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "labels": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["pairs"],
                "properties": {
                    "pairs": {"type": "object", "additionalProperties": {"type": "string"}},
                    "includeSelectors": {"type": "boolean"},
                },
            },
        },
        "images": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {name: {"type": "string"} for name in ("name", "newName", "newTag", "digest")},
            },
        },
    },
}
"""The part of kustomize's own schema that is used here: kustomize itself cannot be had from a package registry."""


@cache
def manifest(name: str) -> dict[str, Any]:
    (document,) = yaml.safe_load_all((FOLDER / name).read_text())
    found: dict[str, Any] = document
    return found


DEPLOYMENT, JOB = manifest("deployment.yaml"), manifest("migration.yaml")
PODS = [pytest.param(each["spec"]["template"]["spec"], id=each["kind"]) for each in (DEPLOYMENT, JOB)]
POD = DEPLOYMENT["spec"]["template"]["spec"]
(SERVICE_CONTAINER,) = POD["containers"]
LABELS = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]


def test_every_manifest_keeps_to_the_schema_of_kubernetes() -> None:
    files = [str(FOLDER / name) for name in MANIFESTS]
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed but for our own files
    said = done.stdout + done.stderr

    assert done.returncode == 0, said
    assert said.count(" passed for resource ") == len(files), said


def test_the_kustomization_keeps_to_its_schema_and_lists_every_file() -> None:
    validate(KUSTOMIZATION_SCHEMA, KUSTOMIZATION)

    assert sorted([*KUSTOMIZATION["resources"], "secret.example.yaml"]) == MANIFESTS


def test_every_part_has_a_name_of_its_own_and_lies_in_the_one_namespace() -> None:
    parts = [(manifest(name)["kind"], manifest(name)["metadata"]["name"]) for name in MANIFESTS]

    assert len(set(parts)) == len(parts)
    assert ("Namespace", KUSTOMIZATION["namespace"]) in parts
    assert manifest("secret.example.yaml")["metadata"]["namespace"] == KUSTOMIZATION["namespace"]


@pytest.mark.parametrize("pod", PODS)
def test_a_pod_refers_to_what_is_there(pod: dict[str, Any]) -> None:
    named = {(manifest(name)["kind"], manifest(name)["metadata"]["name"]) for name in MANIFESTS}
    (container,) = pod["containers"]
    wanted = {("ServiceAccount", pod["serviceAccountName"])}
    for source in container["envFrom"]:
        kind = {"configMapRef": "ConfigMap", "secretRef": "Secret"}[next(iter(source))]
        wanted.add((kind, next(iter(source.values()))["name"]))

    assert wanted <= named
    assert container["image"] in {image["name"] for image in KUSTOMIZATION["images"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("pod", PODS)
def test_a_pod_may_do_nothing_that_it_need_not(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]

    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert manifest("service-account.yaml")["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert [volume for volume in pod["volumes"] if "emptyDir" not in volume] == []
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


def test_pods_run_as_the_user_of_the_image() -> None:
    dockerfile = (FOLDER.parents[1] / "Dockerfile").read_text()
    context = POD["securityContext"]

    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in dockerfile


def test_the_job_keeps_to_the_restricted_standard_that_the_namespace_enforces() -> None:
    assert manifest("namespace.yaml")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert JOB["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert JOB["spec"]["template"]["spec"]["containers"][0]["args"] == ["customer-context", "migrate"]


@pytest.mark.parametrize(
    ("probe", "path"), [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")]
)
def test_a_probe_asks_a_route_that_is_open_at_the_port_that_serves(probe: str, path: str) -> None:
    asked = SERVICE_CONTAINER[probe]["httpGet"]

    assert asked == {"path": path, "port": "http"}
    assert path in OPEN_PATHS


def test_every_port_is_the_one_that_is_served() -> None:
    (port,) = SERVICE_CONTAINER["ports"]
    served = SERVICE_CONTAINER["args"][SERVICE_CONTAINER["args"].index("--port") + 1]
    (in_front,) = manifest("service.yaml")["spec"]["ports"]
    annotations = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    (let_in,) = manifest("network-policy.yaml")["spec"]["ingress"]

    assert (port["name"], str(port["containerPort"])) == ("http", served)
    assert in_front["targetPort"] == port["name"]
    assert annotations["prometheus.io/port"] == served
    assert annotations["prometheus.io/path"] in OPEN_PATHS
    assert let_in["ports"] == [{"protocol": "TCP", "port": port["name"]}]


def test_every_selector_finds_the_pods_of_the_service_and_no_job() -> None:
    selectors = [
        DEPLOYMENT["spec"]["selector"]["matchLabels"],
        manifest("service.yaml")["spec"]["selector"],
        manifest("disruption-budget.yaml")["spec"]["selector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in POD["topologySpreadConstraints"]),
    ]

    assert [selector for selector in selectors if selector != LABELS] == []
    assert "labels" not in JOB["spec"]["template"].get("metadata", {})


def test_two_replicas_at_least_stay_through_a_release_and_a_drained_node() -> None:
    scaler = manifest("autoscaler.yaml")["spec"]
    target = {name: DEPLOYMENT[name] for name in ("apiVersion", "kind")} | {"name": DEPLOYMENT["metadata"]["name"]}

    assert scaler["scaleTargetRef"] == target
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    assert "replicas" not in DEPLOYMENT["spec"], "the autoscaler's number would be undone by every apply"
    assert DEPLOYMENT["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert manifest("disruption-budget.yaml")["spec"]["maxUnavailable"] < scaler["minReplicas"]


def test_more_replicas_come_before_the_seats_are_taken() -> None:
    (pods,) = (each["pods"] for each in manifest("autoscaler.yaml")["spec"]["metrics"] if each["type"] == "Pods")
    seats = int(manifest("config.yaml")["data"]["CC_SEATS"])

    assert families()[pods["metric"]["name"]] == "gauge"
    assert 0.3 * seats <= int(pods["target"]["averageValue"]) <= 0.8 * seats


def test_a_pod_has_the_time_that_it_needs_to_leave_in_order() -> None:
    until_nobody_comes = SERVICE_CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert POD["terminationGracePeriodSeconds"] > until_nobody_comes + IS_LEFT_WITHIN


def test_every_variable_is_a_setting_and_no_secret_lies_in_the_open() -> None:
    public, secret = manifest("config.yaml")["data"], manifest("secret.example.yaml")["stringData"]
    known = {variable_of(name): field for name, field in Settings.model_fields.items()}
    secrets = {name for name, field in known.items() if "SecretStr" in str(field.annotation)}

    assert (public | secret).keys() <= known.keys()
    assert not public.keys() & (secrets | {"CC_SERVICE_TOKENS", "CC_ENCRYPTION_KEYS"})
    assert {name for name, field in known.items() if field.is_required()} <= secret.keys()
    assert set(secret.values()) == {""}
    assert all(isinstance(value, str) for value in public.values())


def test_the_image_is_the_one_of_this_release() -> None:
    (image,) = KUSTOMIZATION["images"]

    assert image["newTag"] == __version__


def test_nothing_gets_out_but_names_the_database_and_https() -> None:
    policy = manifest("network-policy.yaml")["spec"]
    ways = [{(port["protocol"], port["port"]) for port in rule["ports"]} for rule in policy["egress"]]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["podSelector"] == {}
    assert ways == [{("UDP", 53), ("TCP", 53)}, {("TCP", 5432)}, {("TCP", 443)}]
    assert [rule for rule in policy["egress"] + policy["ingress"] if not (rule.get("to") or rule.get("from"))] == []


@pytest.mark.parametrize("special", REFUSED, ids=lambda special: str(special.network))
def test_no_address_that_the_service_refuses_can_be_reached_over_https(special: Any) -> None:
    blocks = [peer["ipBlock"] for peer in manifest("network-policy.yaml")["spec"]["egress"][2]["to"]]
    (block,) = (each for each in blocks if ip_network(each["cidr"]).version == special.network.version)
    kept_out: list[Any] = [ip_network(network) for network in block["except"]]

    outside = special.network.version == 6 and not special.network.overlaps(DELEGATED)
    assert outside or any(special.network.subnet_of(network) for network in kept_out)
    assert [each for each in kept_out if not each.subnet_of(ip_network(block["cidr"]))] == []


def test_compose_file_keeps_to_the_schema_of_compose() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_sets_only_what_is_a_setting() -> None:
    services = yaml.safe_load((FOLDER.parents[1] / "compose.yaml").read_text())["services"]
    known = {variable_of(name) for name in Settings.model_fields}

    assert [name for name in services["app"]["environment"] if name not in known] == []
    assert services["app"]["ports"] == ["127.0.0.1:8000:8000"]
    assert re.search(r"--port\W+8000", (FOLDER.parents[1] / "Dockerfile").read_text())
