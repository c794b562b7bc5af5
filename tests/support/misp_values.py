"""What MISP 2.5.1 does with a value of a type: as recorded in captures.jsonl.

normal(type, value) -> the stored value, or raises Refused with MISP's words.
"""

import datetime
import ipaddress
import re

NET = "Network activity"
HEX = {"md5": 32, "sha1": 40, "sha256": 64, "ja3-fingerprint-md5": 32,
       "hassh-md5": 32, "hassserver-md5": 32, "x509-fingerprint-md5": 32,
       "x509-fingerprint-sha1": 40, "x509-fingerprint-sha256": 64}
TYPES = {
    "AS", "boolean", "comment", "community-id", "counter", "datetime",
    "domain", "domain|ip", "email-dst", "float", "hostname", "integer",
    "ip-dst", "ip-dst|port", "ip-src", "link", "mac-address", "other", "port",
    "size-in-bytes", "snort", "ssh-fingerprint", "text", "uri", "url",
    "user-agent"} | set(HEX)
# Types that only category Other takes, of those that we know.
ONLY_OTHER = {"boolean", "counter", "datetime", "float", "integer",
              "size-in-bytes"}
NAME = re.compile(r"^[A-Z0-9.\-_]+\.[A-Z0-9\-]{2,}$", re.I)


class Refused(ValueError):
    """MISP answers 403 with this text."""


class Crash(Exception):
    """MISP answers 500."""


def _ip(value):
    try:
        if "/" in value:
            return str(ipaddress.ip_network(value, strict=False))
        address = ipaddress.ip_address(value)
    except ValueError:
        raise Refused("IP address has an invalid format.") from None
    if "%" in value:
        raise Refused("IP address has an invalid format.")
    if address.version == 6 and address.ipv4_mapped:
        return "::ffff:" + str(address.ipv4_mapped)
    return str(address)


def _port(value):
    if not re.fullmatch(r"\d{1,6}", value) or not 0 < int(value) < 65536:
        raise Refused("Port numbers have to be integers between 1 and 65535.")
    return value


def _name(value, kind):
    if kind == "domain":
        value = value.rstrip(".")
        if re.search(r"[^\x00-\x7f]", value):
            value = value.encode("idna").decode()
    if not NAME.match(value):
        raise Refused("%s has an invalid format. Please double check the "
                      "value or select type \"other\"." % kind.title())
    return value.lower()


def _hex(value, digits):
    value = value.lower().replace(":", "")
    if not re.fullmatch("[0-9a-f]{%d}" % digits, value):
        raise Refused("Checksum has an invalid length or format (expected: "
                      "%d hexadecimal characters). Please double check the "
                      "value or select type \"other\"." % digits)
    return value


def _time(value):
    text = value.strip().replace(" ", "T")
    if not re.match(r"^\d{4}-\d\d-\d\d", text):
        raise Refused("Datetime has to be in the ISO 8601 format.")
    text = text.replace("Z", "+00:00")
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Refused("Datetime has to be in the ISO 8601 format.") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return when.astimezone(datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%S.%f+0000")


def _whole(value):
    if not re.fullmatch(r"\d+", value):
        raise Refused("The value has to be a whole number greater or equal 0.")
    return value


def _bool(value):
    low = value.lower()
    if low in ("1", "true", "yes"):
        return "1"
    if low in ("0", "false", "no", ""):
        return "0"
    raise Refused("The value has to be either true or false.")


def _as(value):
    value = re.sub(r"^AS", "", value.upper())
    if not re.fullmatch(r"\d+", value):
        raise Refused("AS number have to be integer between 1 and 4294967295")
    return value


def _float(value):
    if not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise Refused("Value not in the right type/format. Please double "
                      "check the value or select type \"other\".")
    return value


def _mac(value):
    digits = re.sub("[^0-9a-f]", "", value.lower())
    if len(digits) != 12:
        raise Refused("MAC address has an invalid format.")
    return ":".join(digits[i:i + 2] for i in range(0, 12, 2))


def _ip_port(value):
    match = re.fullmatch(r"\[?([0-9a-fA-F:.]+?)\]?[|:](\d+)", value)
    if not match:
        raise Refused("IP address has an invalid format.")
    return "%s|%s" % (_ip(match.group(1)), _port(match.group(2)))


def _domain_ip(value):
    name, _, address = value.partition("|")
    return "%s|%s" % (_name(name, "domain"), _ip(address))


def _integer(value):
    raise Refused("The value has to be an integer value.")


FORMS = {
    "AS": _as, "boolean": _bool, "counter": _whole, "datetime": _time,
    "domain": lambda v: _name(v, "domain"), "domain|ip": _domain_ip,
    "float": _float, "hostname": lambda v: _name(v, "hostname"),
    "integer": _integer, "ip-dst": _ip, "ip-src": _ip,
    "ip-dst|port": _ip_port, "mac-address": _mac, "port": _port,
    "size-in-bytes": _whole,
    "url": lambda v: re.sub(r"^hxxp", "http", v, flags=re.I)
    .replace("[.]", ".")}


def four_bytes(text):
    return any(ord(c) > 0xffff for c in text)


def normal(kind, value):
    if isinstance(value, bool):
        value = "1" if value else "0"
    value = str(value)
    if kind not in TYPES:
        raise Refused("Options depend on the selected category.")
    if not value.strip():
        raise Refused("Value not set.")
    value = "".join("?" if ord(c) > 0xffff else c for c in value).strip()
    if len(value.encode()) > 65535:
        raise Refused("Value is too long")
    if kind in HEX:
        return _hex(value, HEX[kind])
    return FORMS.get(kind, lambda v: v)(value)


def category(kind, given):
    """The category that is stored; Refused where the two do not fit."""
    if not given:
        return "Other" if kind in ONLY_OTHER | {"text", "comment", "other"} \
            else NET
    if kind in ONLY_OTHER and given != "Other":
        raise Refused("Options depend on the selected category.")
    return given
