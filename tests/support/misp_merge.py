"""The events of our MISP: what an upsert merges, and what vanishes."""

import json
import uuid

import misp_values
from misp_values import Crash, Refused, four_bytes

SIMILAR = "A similar attribute already exists for this event."
UNIQUE = "The UUID provided is not unique"


class Answer(Exception):
    def __init__(self, status, body, headers=None):
        super().__init__(status)
        self.status, self.body = status, body
        self.headers = headers or {}


def message(status, text, **more):
    return Answer(status, dict({"name": text, "message": text, "url": "/"},
                               **more))


def uuid_ok(text):
    try:
        return uuid.UUID(text).version in (1, 2, 3, 4, 5)
    except (ValueError, TypeError, AttributeError):
        return False


class Store:
    """Events with their attributes, objects and sightings, by UUID."""

    def __init__(self):
        self.events, self.attributes, self.objects = {}, {}, {}
        self.sightings, self.blocked = {}, set()
        self.tags = {"tlp:clear", "tlp:green"}
        self.groups = {}


class Merge:
    """The part of MispServer that knows events; see there."""

    def violate(self, text):
        self.violations.append(text)

    def tags_of(self, body):
        out = []
        for tag in body.get("Tag") or []:
            if not isinstance(tag, dict) or four_bytes(tag["name"]):
                self.violate("tag")
                raise Crash()
            if tag["name"] in self.store.tags:
                out.append(tag["name"])  # others vanish without a word
        return out

    def check_event(self, body):
        info = body.get("info")
        if info is not None and four_bytes(info):
            self.violate("info with 4-byte UTF-8")
            raise Crash()
        if info == "":
            raise message(403, "Could not edit Event", saved=False,
                          errors={"info": ["Info cannot be empty."]})
        if not uuid_ok(body.get("uuid", str(uuid.uuid4()))):
            self.violate("event's UUID %s" % body.get("uuid"))
            raise message(403, "Could not add Event", saved=False, errors={
                "uuid": ["Please provide a valid RFC 4122 UUID"]})
        if str(body.get("distribution", "1")) == "4" and str(
                body.get("sharing_group_id")) not in self.store.groups.values():
            raise message(405, "Invalid Sharing Group or not authorised.")

    def head(self, event):
        return 200, {}, {"Event": {
            "uuid": event["uuid"], "info": event["info"],
            "id": event["id"], "published": event["published"],
            "distribution": event["distribution"], "attribute_count": str(sum(
                1 for a in self.store.attributes.values()
                if a["event"] == event["uuid"] and not a["deleted"])),
            "Tag": [{"name": t} for t in sorted(event["tags"])]}}

    def do_events_add(self, rest, body, fault):
        body = (body or {}).get("Event", body or {})
        self.check_event(body)
        if "info" not in body:
            raise message(403, "Could not add Event", saved=False,
                          errors={"info": ["Info cannot be empty."]})
        name = body.get("uuid", str(uuid.uuid4())).lower()
        if name in self.store.blocked:
            raise message(403, "Event blocked by event blocklist.")
        if name in self.store.events:
            text = ("Event already exists, if you would like to edit it, use "
                    "the url in the location header.")
            raise Answer(404, {"name": text, "message": text},
                         {"Location": self.url + "/events/1"})
        event = {"uuid": name, "id": str(len(self.store.events) + 1),
                 "info": body["info"], "tags": set(self.tags_of(body)),
                 "distribution": str(body.get("distribution", "1")),
                 "group": str(body.get("sharing_group_id", "0")),
                 "date": body.get("date"), "reach": set(),
                 "published": bool(body.get("published"))
                 and self.rights["publish"]}
        event["reach"].add(event["distribution"])
        self.store.events[name] = event
        self.merge(event, body, fault)
        return self.head(event)

    def do_events_edit(self, rest, body, fault):
        event = self.store.events.get(rest[0].lower())
        if event is None or event.get("foreign"):
            raise message(404, "Invalid event")
        body = (body or {}).get("Event", body or {})
        self.check_event(body)
        if body.get("uuid", rest[0]).lower() != rest[0].lower():
            raise message(403, "Could not edit Event", saved=False,
                          errors="Event could not be saved: Could not find "
                          "the local event.")
        if "timestamp" in body:
            self.violate("an edit with a timestamp")
        for key in ("info", "date"):
            event[key] = body.get(key, event[key])
        event["distribution"] = str(
            body.get("distribution", event["distribution"]))
        event["reach"].add(event["distribution"])
        event["tags"] |= set(self.tags_of(body))
        event["published"] = bool(body.get("published")) \
            and self.rights["publish"]
        self.merge(event, body, fault)
        return self.head(event)

    def do_events_view(self, rest, body, fault):
        event = self.store.events.get(rest[0])
        if event is None:
            raise message(404, "Invalid event")
        return self.head(event)

    def do_events_delete(self, rest, body, fault):
        if self.store.events.pop(rest[0], None) is None:
            raise message(404, "Invalid event.")
        self.store.blocked.add(rest[0])
        for kind in (self.store.attributes, self.store.objects):
            for name in [n for n, a in kind.items() if a["event"] == rest[0]]:
                del kind[name]
        return 200, {}, {"saved": True, "success": True,
                         "message": "Event deleted."}

    def merge(self, event, body, fault):
        """Attributes and objects of an upsert. What is not valid vanishes
        without a word; what MISP chokes on ends it half way."""
        work = [(None, a) for a in body.get("Attribute") or []]
        work += [(o, None) for o in body.get("Object") or []]
        for i, (obj, attribute) in enumerate(work):
            if fault == "500-half" and i >= len(work) // 2:
                raise Crash()
            try:
                if obj is not None:
                    self.put_object(event, obj, fault)
                else:
                    self.put_attribute(event, attribute, None)
            except Refused as why:
                self.violate("%s: %s" % (why, json.dumps(attribute or obj)))

    def check_attribute(self, a):
        kind, value = a.get("type"), a.get("value")
        if a.get("comment") and four_bytes(a["comment"]):
            self.violate("comment with 4-byte UTF-8")
            raise Crash()
        if isinstance(value, str) and value in self.poison:
            raise Crash()
        if four_bytes(str(value)):
            self.violate("value with 4-byte UTF-8")
        if "uuid" in a and not uuid_ok(a["uuid"]):
            raise Refused("Please provide a valid RFC 4122 UUID")
        if str(a.get("distribution", "0")) != "5":
            self.violate("an attribute of distribution %s"
                         % a.get("distribution"))
        for seen in ("first_seen", "last_seen"):
            if a.get(seen) is not None:
                misp_values.normal("datetime", a[seen])
        return misp_values.normal(kind, value), misp_values.category(
            kind, a.get("category"))

    def put_attribute(self, event, a, obj):
        name = a.get("uuid", str(uuid.uuid4())).lower()
        old = self.store.attributes.get(name)
        if old is not None and (old["event"] != event["uuid"]
                                or old["object"] != obj):
            raise Refused(UNIQUE)
        if old is not None and a.get("deleted") and self.edit_deletes:
            old["deleted"] = True
            return old
        if old is not None:
            if "value" in a:
                old["value"] = self.check_attribute(
                    dict(old["sent"], **a))[0]
            old["edits"] += 1
            old["sent"].update(a)
            return old
        value, category = self.check_attribute(a)
        if obj is None and self.similar(event, a["type"], category, value):
            raise Refused(SIMILAR)
        self.store.attributes[name] = {
            "uuid": name, "event": event["uuid"], "object": obj,
            "type": a["type"], "value": value, "category": category,
            "to_ids": bool(a.get("to_ids")), "deleted": False, "edits": 0,
            "correlate": not a.get("disable_correlation"),
            "relation": a.get("object_relation"), "sent": dict(a)}
        return self.store.attributes[name]

    def similar(self, event, kind, category, value):
        return any(o["event"] == event["uuid"] and o["object"] is None
                   and not o["deleted"] and o["type"] == kind
                   and o["category"] == category and o["value"] == value
                   for o in self.store.attributes.values())

    def put_object(self, event, o, fault):
        name = o.get("uuid", str(uuid.uuid4())).lower()
        if not uuid_ok(name):
            raise Refused("Please provide a valid RFC 4122 UUID")
        if four_bytes(o.get("comment", "")):
            self.violate("comment with 4-byte UTF-8")
            raise Crash()
        old = self.store.objects.get(name)
        if old is not None and o.get("deleted"):
            if self.edit_deletes:
                self.delete_object(old)
            return
        if not o.get("template_uuid") or not o.get("template_version"):
            raise Refused("No valid template found and object lacking "
                          "template information.")
        if str(o.get("distribution", "0")) != "5":
            self.violate("an object of distribution %s"
                         % o.get("distribution"))
        if old is not None and old["event"] != event["uuid"]:
            raise Refused(UNIQUE)
        entry = self.store.objects.setdefault(name, {
            "uuid": name, "id": str(len(self.store.objects) + 1), "event": event["uuid"], "name": o["name"],
            "deleted": False, "comment": o.get("comment", "")})
        for key in ("first_seen", "last_seen"):
            if key in o:
                entry[key] = misp_values.normal("datetime", o[key])
        for a in o.get("Attribute") or []:
            if "uuid" not in a:
                self.violate("an object's attribute without UUID")
            if "category" not in a or "to_ids" not in a:
                self.violate("an object's attribute without category")
            try:
                self.put_attribute(event, a, name)
            except Refused as why:
                self.violate("%s: %s" % (why, json.dumps(a)))

    # ---- why something is missing ----

    def event_of(self, rest):
        event = self.store.events.get(rest[0].lower())
        if event is None:
            for e in self.store.events.values():
                if e["id"] == rest[0]:
                    return e
            raise message(404, "Invalid event")
        return event

    def do_attributes_add(self, rest, body, fault):
        event = self.event_of(rest)
        many = body if isinstance(body, list) else [body]
        errors, done = {}, []
        for i, a in enumerate(many):
            if fault == "500-half" and i >= len(many) // 2:
                raise Crash()
            try:
                if a.get("uuid", "").lower() in self.store.attributes:
                    raise Refused(UNIQUE)
                done.append(self.put_attribute(event, a, None))
            except Refused as why:
                field = "uuid" if str(why) == UNIQUE else "value"
                errors["attribute_%d" % i] = {field: [str(why)]}
        if not done:
            raise message(403, "Could not add Attribute", saved=False, errors=(
                errors if len(many) > 1 else errors["attribute_0"]))
        out = [{"uuid": a["uuid"], "value": a["value"]} for a in done]
        return 200, {}, dict({"Attribute": out if len(many) > 1 else out[0]},
                             **({"errors": errors} if errors else {}))

    def do_objects_add(self, rest, body, fault):
        event = self.event_of(rest)
        body = body.get("Object", body)
        if body.get("uuid", "").lower() in self.store.objects:
            raise message(403, "Could not add Object", saved=False, errors=(
                "Object could not be saved.\nuuid: " + UNIQUE))
        try:
            for a in body.get("Attribute") or []:
                self.check_attribute(a)
            self.put_object(event, body, fault)
        except Refused as why:
            raise message(
                403, "Could not add Object", saved=False,
                errors="Could not save object as at least one attribute has "
                "failed validation. %s" % why) from None
        return 200, {}, {"Object": {"uuid": body["uuid"]}}

    def do_attributes_delete(self, rest, body, fault):
        a = self.store.attributes.get(rest[0].lower())
        if a is None:
            raise message(404, "Invalid attribute")
        a["deleted"] = True
        return 200, {}, {"message": "Attribute deleted."}

    def delete_object(self, o):
        o["deleted"] = True
        for a in self.store.attributes.values():
            if a["object"] == o["uuid"]:
                a["deleted"] = True

    def do_objects_delete(self, rest, body, fault):
        o = self.store.objects.get(rest[0].lower())
        if o is None:
            raise message(404, "Invalid object.")
        self.delete_object(o)
        return 200, {}, {"saved": True, "success": True,
                         "message": "Object deleted"}

    # ---- sightings ----

    def do_sightings_bulkSaveSightings(self, rest, body, fault):
        if rest[0] not in self.store.events:
            raise message(405, "Event not found or not accessible by this "
                          "user.")
        added = 0
        for i, s in enumerate(body):
            if fault == "500-half" and i >= len(body) // 2:
                raise Crash()
            if s["uuid"] in self.store.sightings:
                continue
            if s["attribute_uuid"] not in self.store.attributes:
                self.violate("a sighting of nothing")
                continue
            self.store.sightings[s["uuid"]] = dict(s)
            added += 1
        if not added:
            return 200, {}, {"saved": False, "success": "No sightings added."}
        return 200, {}, {"saved": True,
                         "success": "%d sightings added." % added}
