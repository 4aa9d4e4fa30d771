"""What a compose file lets its containers see."""

from __future__ import annotations

from typing import Any

import pytest

from sigil.gate.deploy.compose_file import sees_only_its_own, takes_in_the_project


def of_service(**service: Any) -> bool:
    return sees_only_its_own({"services": {"db": {"image": "db"}, "web": service}}, {"TAG"})


@pytest.mark.parametrize(
    "service",
    [
        {"build": "/home/op/x"},
        {"build": ".."},
        {"build": "src/../.."},
        {"build": "~/x"},
        {"build": "https://packages.example.org/x.git"},
        {"build": "git@example.org:x"},
        {"build": "${TAG}/x"},
        {"build": {"context": "/root"}},
        {"build": {"context": ".", "dockerfile": "../Dockerfile"}},
        {"build": {"context": ".", "additional_contexts": {"keys": "/root"}}},
        {"build": {"context": ".", "ssh": ["default"]}},
        {"build": {"context": ".", "secrets": ["key"]}},
        {"build": {"context": ".", "network": "host"}},
        {"build": {"context": ".", "args": {"HOME": None}}},
        {"build": ["."]},
        {"uts": "host"},
        {"cgroup": "host"},
        {"userns_mode": "host"},
        {"pid": "host"},
        {"ipc": "host"},
        {"network_mode": "host"},
        {"cap_add": ["SYS_ADMIN"]},
        {"security_opt": ["seccomp:unconfined"]},
        {"privileged": True},
        {"devices": ["/dev/sda"]},
        {"gpus": "all"},
        {"device_cgroup_rules": ["a"]},
        {"use_api_socket": True},
        {"label_file": "/etc/x"},
        {"env_file": "x.env"},
        {"credential_spec": {"file": "x"}},
        {"secrets": ["key"]},
        {"configs": ["key"]},
        {"volumes_from": ["db"]},
        {"provider": {"type": "x"}},
        {"post_start": [{"command": "x", "privileged": True}]},
        {"a_key_of_tomorrow": 1},
        {"environment": ["HOME"]},
        {"environment": {"HOME": None}},
        {"environment": {"AT": "${HOME}"}},
        {"environment": {"AT": "${TAG:-$HOME}"}},
        {"command": "echo $$$HOME"},
        {"volumes": {"/": "/x"}},
        {"volumes": ["/:/x"]},
        {"volumes": ["./../x:/x"]},
        {"volumes": ["~/x:/x"]},
        {"volumes": ["$HOME:/x"]},
        {"volumes": [{"type": "bind", "source": "/", "target": "/x"}]},
        {"volumes": [5]},
    ],
    ids=str,
)
def test_a_service_that_may_see_this_machine_is_found(service):
    assert not of_service(**service)


@pytest.mark.parametrize(
    "section",
    [
        {"networks": {"n": {"external": True, "name": "host"}}},
        {"networks": {"n": {"name": "host"}}},
        {"networks": {"n": {"driver": "host"}}},
        {"networks": ["n"]},
        {"volumes": {"v": {"driver_opts": {"device": "/", "o": "bind"}}}},
        {"volumes": {"v": {"external": True}}},
        {"secrets": {"s": {"file": "/etc/x"}}},
        {"configs": {"s": {"environment": "HOME"}}},
        {"models": {}},
        {"services": {"other": None}},
        {"services": ["web"]},
    ],
    ids=str,
)
def test_a_section_by_which_services_may_see_this_machine_is_found(section):
    assert not sees_only_its_own({"services": {"web": {"image": "x"}}, **section}, set())


@pytest.mark.parametrize(
    "service",
    [
        {"image": "app:${TAG}", "ports": ["127.0.0.1::80"], "command": ["a", "costs $$5"]},
        {"build": ".", "environment": {"MODE": "x", "N": 1}, "depends_on": ["db"]},
        {"build": "src/app", "environment": ["MODE=x"], "networks": ["inner"]},
        {"build": {"context": "./app", "dockerfile": "docker/Dockerfile", "args": ["A=1"]}},
        {"build": {"context": ".", "target": "web"}, "x-note": "/etc"},
        {"volumes": ["data:/data", "./src:/app:ro", "/cache", ".:/all"]},
        {"volumes": [{"type": "tmpfs", "target": "/run"}, {"type": "volume", "source": "data"}]},
        {"healthcheck": {"test": "true"}, "read_only": True, "cap_drop": ["ALL"]},
    ],
    ids=str,
)
def test_a_service_of_images_and_its_own_files_sees_no_more(service):
    assert of_service(**service)
    whole = {"networks": {"inner": {"internal": True}}, "volumes": {"data": None}, "x-a": {}}
    assert sees_only_its_own({"services": {"web": service}, **whole}, {"TAG"})


TAKEN_IN = {
    "a build": {"build": "."},
    "a build of a folder": {"build": {"context": "app"}},
    "a build without a context": {"build": {"target": "final"}},
    "a folder that is mounted": {"volumes": ["./src:/app"]},
    "a folder that is bound": {"volumes": [{"type": "bind", "source": "./src", "target": "/a"}]},
    "variables of a file": {"env_file": "service.env"},
}
LEFT_OUT = {
    "an image alone": {"image": "registry.example/app"},
    "a build from elsewhere": {"build": "https://host.example/app.git"},
    "a named volume": {"volumes": ["data:/data", "/cache", {"type": "tmpfs", "target": "/run"}]},
    "a folder of the machine": {"volumes": ["/srv/app:/app"]},
    "a folder above": {"volumes": ["../app:/app"]},
}


@pytest.mark.parametrize("case", TAKEN_IN)
def test_something_of_the_project_gets_in(case):
    services = {"web": {"image": "proxy"}, "app": TAKEN_IN[case]}
    assert takes_in_the_project({"services": services})


@pytest.mark.parametrize("case", LEFT_OUT)
def test_nothing_of_the_project_gets_in(case):
    assert not takes_in_the_project({"services": {"web": LEFT_OUT[case], "odd": None}})


@pytest.mark.parametrize("section", ["configs", "secrets"])
def test_a_file_that_is_handed_in_is_of_the_project(section):
    known = {"services": {"web": {"image": "app"}}, section: {"a": {"file": "./a"}}}
    assert takes_in_the_project(known)
