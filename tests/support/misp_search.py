"""What our MISP answers to restSearch: as recorded in captures.jsonl (800 to
822, 617). Filters that it does not know are ignored, and return everything."""

import re


def page_of(rows, body):
    if "limit" not in body:
        return rows
    first = (int(body.get("page", 1)) - 1) * int(body["limit"])
    return rows[first:first + int(body["limit"])]


def deleted_too(body):
    return 1 in (body.get("deleted") or [0])


class Search:
    """The part of MispServer that is asked what there is; see there."""

    def show_attribute(self, a, event):
        obj = self.store.objects.get(a["object"])
        out = {"id": "1", "event_id": event["id"], "uuid": a["uuid"],
               "object_id": obj["id"] if obj else "0",
               "object_relation": a["relation"], "type": a["type"],
               "category": a["category"], "to_ids": a["to_ids"],
               "value": a["value"], "deleted": a["deleted"],
               "comment": a["sent"].get("comment", ""),
               "disable_correlation": not a["correlate"]}
        for key in ("first_seen", "last_seen"):
            out[key] = a["sent"].get(key)
        return out

    def show_object(self, o, event):
        parts = [a for a in self.store.attributes.values()
                 if a["object"] == o["uuid"]]
        # Only who may synchronise is shown what is deleted of them.
        return {"id": o["id"], "event_id": event["id"], "uuid": o["uuid"],
                "name": o["name"], "deleted": o["deleted"],
                "comment": o["comment"], "first_seen": o.get("first_seen"),
                "last_seen": o.get("last_seen"),
                "Attribute": [self.show_attribute(a, event) for a in parts
                              if not a["deleted"]],
                "Event": {"id": event["id"], "info": event["info"]}}

    def find_events(self, body):
        if not {"uuid", "eventid", "eventinfo"} & set(body):
            self.violate("a search that returns everything")
        like = body.get("eventinfo")
        match = like and re.compile(
            "^%s$" % re.escape(like).replace("%", ".*"), re.I)
        return [e for e in self.store.events.values()
                if body.get("uuid", e["uuid"]) == e["uuid"]
                and str(body.get("eventid", e["id"])) == e["id"]
                and (not match or match.match(e["info"]))]

    def do_events_restSearch(self, rest, body, fault):
        rows = [self.head(e)[2] for e in self.find_events(body)]
        return 200, {}, {"response": page_of(rows, body)}

    def do_objects_restSearch(self, rest, body, fault):
        rows = [self.show_object(o, e) for e in self.find_events(body)
                for o in self.store.objects.values()
                if o["event"] == e["uuid"]
                and (deleted_too(body) or not o["deleted"])]
        return 200, {}, {"response": [
            {"Object": o} for o in page_of(rows, body)]}

    def do_attributes_restSearch(self, rest, body, fault):
        if body.get("returnFormat") == "csv":
            return self.search_uuids(body)
        rows = [self.show_attribute(a, e) for e in self.find_events(body)
                for a in self.store.attributes.values()
                if a["event"] == e["uuid"]
                and (deleted_too(body) or not a["deleted"])]
        return 200, {}, {"response": {"Attribute": page_of(rows, body)}}

    def search_uuids(self, body):
        if "uuid" not in body:
            self.violate("a search that returns everything")
        names = body.get("uuid", list(self.store.attributes))
        found = sorted(n for n in {n.lower() for n in names}
                       if n in self.store.attributes and (
                           deleted_too(body)
                           or not self.store.attributes[n]["deleted"]))
        return 200, {"Content-Type": "text/csv; charset=UTF-8"}, "".join(
            '"%s"\n' % n for n in found) + "\n"

    def do_sightings_index(self, rest, body, fault):
        [event] = [e for e in self.store.events.values()
                   if e["id"] == rest[0]]
        return 200, {}, [
            dict(s, date_sighting=str(s["date_sighting"]),
                 event_id=event["id"])
            for s in self.store.sightings.values()
            if self.store.attributes[s["attribute_uuid"]]["event"]
            == event["uuid"]]
