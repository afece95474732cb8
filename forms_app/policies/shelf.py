"""Every version of every policy that this service knows, found by its key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path as File

from forms_app.domain.policy import Policy
from forms_app.domain.text import Unprintable, everything_prints
from forms_app.policies.reader import Fault, PolicyFaults, read_policy

SHIPPED = File(__file__).parent / "files"


class NoSuchPolicy(LookupError):
    """A policy was asked for that is not on the shelf."""


class Shelf:
    """An unchanging collection of policies, in the order of their keys."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = {policy.key: policy for policy in sorted(policies, key=lambda policy: policy.key)}
        self._digests: dict[str, str] = {}

    @classmethod
    def from_folders(cls, folders: Sequence[File], unprintable: Unprintable = everything_prints) -> Shelf:
        """Reads every `.yaml` file of the folders; raises PolicyFaults for the first file that has any.

        `unprintable` finds what no document could print.
        """
        read: dict[str, tuple[Policy, File]] = {}
        for folder in folders:
            if not folder.is_dir():
                raise PolicyFaults(str(folder), [Fault(1, 1, "", "there is no such folder of policy files")])
            for file in sorted(folder.glob("*.yaml")):
                policy = read_policy(file, unprintable)
                if policy.key in read:
                    sentence = f"“{policy.key}” is also the id and version of {read[policy.key][1]}"
                    raise PolicyFaults(str(file), [Fault(1, 1, "", sentence)])
                read[policy.key] = (policy, file)
        return cls([policy for policy, _ in read.values()])

    @classmethod
    def shipped(cls) -> Shelf:
        """The policies that come with the service."""
        return cls.from_folders([SHIPPED])

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._policies.values())

    def __contains__(self, key: str) -> bool:
        return key in self._policies

    def get(self, key: str) -> Policy:
        """The policy of this key, such as `hull@2022`; raises NoSuchPolicy."""
        if key not in self._policies:
            raise NoSuchPolicy(f"there is no policy “{key}”; known are: {', '.join(self._policies) or 'none'}")
        return self._policies[key]

    def digest(self, key: str) -> str:
        """SHA-256 of all that this policy says; raises NoSuchPolicy."""
        if key not in self._digests:
            self._digests[key] = sha256(self.get(key).model_dump_json().encode()).hexdigest()
        return self._digests[key]
