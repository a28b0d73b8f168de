"""The schema of TDLib (td_api) out of the types of npm @prebuilt-tdlib/types: checks records against it, and makes records
that have every field."""
import pathlib
import re

TYPES = pathlib.Path(__file__).parent / "node_modules/@prebuilt-tdlib/types/tdlib-types.d.ts"
OUR_OWN = {"@type", "@extra", "@client_id"}


class Schema:
    def __init__(self):
        text = re.sub(r"/\*.*?\*/", "", TYPES.read_text(), flags=re.DOTALL)
        self.objects, self.unions = {}, {}  # name → {field: (type, optional)}; name → [names]
        for name, body in re.findall(r"export type ([\w$]+) =\s*\{(.*?)\n  \}", text, re.DOTALL):
            fields = re.findall(r"(?:readonly )?(\w+)(\?)?: ([^\n]+?),?\n", body + "\n")
            # What is only ever sent has but a type X$Input.
            self.objects.setdefault(name.removesuffix("$Input"), {
                field: (kind.strip(), bool(optional)) for field, optional, kind in fields if field != "_"})
        for name, body in re.findall(r"export type ([\w$]+) =((?:\s*\|\s*[\w$]+)+)", text):
            self.unions.setdefault(name.removesuffix("$Input"), [one.removesuffix("$Input") for one in
                                                                re.findall(r"[\w$]+", body)])

    def mistakes(self, record, what=None, at="", request=False):
        """What is wrong with a record; `what`: the type that stands there. All fields of a request may be left out."""
        kind = record.get("@type") if isinstance(record, dict) else None
        where = at or kind
        if kind not in self.objects:
            return [f"{where}: no type {kind}"]
        if what and what != kind and kind not in self.unions.get(what, ()):
            return [f"{where}: {kind} is no {what}"]
        found = []
        fields = self.objects[kind]
        for name, value in record.items():
            if name in OUR_OWN:
                continue
            if name not in fields:
                found.append(f"{where}: {kind} has no field {name}")
            else:
                found += self._value(value, fields[name][0], f"{where}.{name}", request)
        if not request:
            found += [f"{where}: {name} is missing" for name, (_, optional) in fields.items()
                      if not optional and name not in record]
        return found

    def _value(self, value, kind, at, request):
        kind = kind.removesuffix(" | null").removesuffix("$Input")
        if kind in ("string", "number", "boolean"):
            fits = {"string": isinstance(value, str), "boolean": isinstance(value, bool),
                    "number": isinstance(value, (int, float)) and not isinstance(value, bool)}[kind]
            return [] if fits else [f"{at}: {value!r} is no {kind}"]
        array = re.fullmatch(r"(?:Readonly)?Array<(.*)>", kind)
        if array:
            if not isinstance(value, list):
                return [f"{at}: {value!r} is no array"]
            return [one for item in value for one in self._value(item, array[1], at + "[]", request)]
        return self.mistakes(value, kind, at, request)

    def example(self, kind):
        """A record of this type in which every field that must be there is there, as plain as it can be."""
        if kind in self.unions:
            kind = min(self.unions[kind], key=lambda one: (len(self.objects[one]), one))
        out = {"@type": kind}
        for name, (type_of_field, optional) in self.objects[kind].items():
            if not optional:
                out[name] = self._plain(type_of_field)
        return out

    def _plain(self, kind):
        if kind.startswith("Array<"):
            return []
        return {"string": "", "number": 0, "boolean": False}[kind] if kind in ("string", "number", "boolean") \
            else self.example(kind)
