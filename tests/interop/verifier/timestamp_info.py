"""TSTInfo (RFC 3161 section 2.4.2): what was stamped, and when."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import tsp
from cryptography.hazmat.primitives import hashes

from .algorithm import Algorithm
from .octets import check_der
from .rule import Rule, require

GENERALIZED_TIME = re.compile(rb"\d{14}(\.\d*[1-9])?Z")
NULL = b"\x05\x00"
# ETSI EN 319 421: a token of this policy that names no accuracy has one of a second.
BEST_PRACTICE_POLICY, BEST_PRACTICE_ACCURACY = "0.4.0.2023.1.1", timedelta(seconds=1)


@dataclass(frozen=True)
class TimestampInfo:
    time: datetime
    accuracy: timedelta

    @property
    def earliest(self) -> datetime:
        return self.time - self.accuracy

    @property
    def latest(self) -> datetime:
        return self.time + self.accuracy


def digest(algorithm: hashes.HashAlgorithm, octets: bytes) -> bytes:
    state = hashes.Hash(algorithm)
    state.update(octets)
    return state.finalize()


def check(octets: bytes, signature: bytes, algorithm: Algorithm) -> TimestampInfo:
    """Checks that a TSTInfo, whose fields have been read with the token, is about a signature of an algorithm."""
    check_der(octets, Rule.TOKEN_SYNTAX)
    info = tsp.TSTInfo.load(octets, strict=True)
    require(info["version"].native == "v1", Rule.TOKEN_INFO_VERSION, info["version"].native)
    critical = [extension for extension in info["extensions"] or [] if extension["critical"].native]
    require(not critical, Rule.TOKEN_INFO_EXTENSION)
    _check_imprint(info["message_imprint"], signature, algorithm)
    time = info["gen_time"]
    require(GENERALIZED_TIME.fullmatch(time.contents) is not None, Rule.TOKEN_TIME_FORM, time.contents)
    return TimestampInfo(time.native, _accuracy(info))


def _check_imprint(imprint: tsp.MessageImprint, signature: bytes, algorithm: Algorithm):
    named = imprint["hash_algorithm"]
    require(named["algorithm"].native == algorithm.hash.name, Rule.TOKEN_IMPRINT_HASH, named["algorithm"].native)
    require(named["parameters"].dump() == NULL, Rule.TOKEN_IMPRINT_PARAMETERS, named["parameters"].dump().hex())
    require(imprint["hashed_message"].native == digest(algorithm.hash, signature), Rule.TOKEN_IMPRINT)


def _accuracy(info: tsp.TSTInfo) -> timedelta:
    accuracy = info["accuracy"].native
    if accuracy is None:
        stated = info["policy"].dotted == BEST_PRACTICE_POLICY
        return BEST_PRACTICE_ACCURACY if stated else timedelta()
    return timedelta(
        seconds=accuracy["seconds"] or 0,
        milliseconds=accuracy["millis"] or 0,
        microseconds=accuracy["micros"] or 0,
    )
