"""The texts of all faults in English, as data."""

from collections.abc import Mapping

from landbridge.specs.codes import FaultCode as Code
from landbridge.specs.texts import Catalogue, Texts

_KINDS: Mapping[str, str] = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
    "list": "a list",
    "mapping": "a mapping of names to values",
    "or": " or ",
}

_ADVICE: Mapping[str, str] = {
    "colon": "Put text that contains `: ` or ends in `:` in quotes.",
    "key": "Write `name: value`, with a colon and a space.",
    "indent": "Begin this line in the column of its neighbours of the same level.",
    "quote": "Close the quote.",
    "bracket": "Close the bracket, and put commas between the values.",
    "start": "Put text that begins with this character in quotes.",
    "escape": "Use single quotes, in which a backslash is a backslash.",
}
_TEXTS: Mapping[Code, Texts] = {
    Code.PROJECT_MISSING: Texts(
        "There is no landbridge.yaml here.",
        "Run `landbridge init`, or go to the folder of a project.",
    ),
    Code.FILE_UNREADABLE: Texts(
        "The file cannot be read: {problem}.",
        "Make it a file that you may read.",
    ),
    Code.FILE_UNKNOWN: Texts(
        '"{name}" is no document.',
        "Documents are .yaml files in {folder}: rename, move or remove it.",
    ),
    Code.FOLDER_MISSPELT: Texts(
        'The documents in "{name}" would never be read.',
        'Did you mean the folder "{nearest}"?',
    ),
    Code.FILE_TOO_LARGE: Texts(
        "The file is too large.",
        "A document has at most {most} bytes; divide it.",
    ),
    Code.FILE_EMPTY: Texts(
        "The file holds no document.",
        "Begin with `kind:` and `name:`, or remove the file.",
    ),
    Code.NOT_UTF8: Texts(
        "The file is not UTF-8 text (byte {byte}).",
        "It looks like {encoding}; save it as UTF-8.",
        "Save it as UTF-8.",
    ),
    Code.CHARACTER_FORBIDDEN: Texts(
        "The character {character} must not stand here as such.",
        "Remove it, or write it as {escape} within double quotes.",
    ),
    Code.YAML_SYNTAX: Texts(
        "This is not YAML: {problem}.",
        "{advice}",
        "Check the indentation, quotes and brackets here and on the line before.",
    ),
    Code.YAML_TAB: Texts(
        "A tab stands where YAML wants spaces.",
        "Indent with spaces, two for each level.",
    ),
    Code.SEVERAL_DOCUMENTS: Texts(
        "A second document begins here.",
        "Keep one document in a file: move the rest to files of its own and remove `---`.",
    ),
    Code.TOO_DEEP: Texts(
        "Values stand more than {most} levels deep.",
        "Write it flatter.",
    ),
    Code.TOO_MANY_VALUES: Texts(
        "With its aliases unfolded the document has more than {most} values.",
        "Write fewer aliases, or divide the document.",
    ),
    Code.KEY_REPEATED: Texts(
        '"{key}" stands here twice; the first is on line {first}.',
        "Keep one of the two.",
    ),
    Code.KEY_NOT_TEXT: Texts(
        "The name of a field must be text.",
        'Write it in quotes: "{key}".',
        "Write a name, such as `name:`.",
    ),
    Code.MERGE_KEY: Texts(
        "`<<` is not supported.",
        "Write the values out, or set `defaults` in landbridge.yaml.",
    ),
    Code.ALIAS_UNUSABLE: Texts(
        "`*{alias}` stands for nothing that is complete before this point.",
        "Mark a value above with `&{alias}`, or put text that begins with * in quotes.",
    ),
    Code.TAG_UNSUPPORTED: Texts(
        "The tag {tag} is not supported.",
        "Remove the tag; put the value in quotes if it is text.",
    ),
    Code.NUMBER_INEXACT: Texts(
        "The number {text} has more digits than can be kept.",
        "Put it in quotes.",
    ),
    Code.FIELD_UNKNOWN: Texts(
        'There is no field "{name}" here.',
        'Did you mean "{nearest}"? Allowed: {allowed}.',
        "Allowed: {allowed}.",
    ),
    Code.FIELD_MISSING: Texts(
        '"{name}" is missing.',
        "Add `{name}: {example}`.",
    ),
    Code.TYPE_WRONG: Texts(
        "Expected {expected}, found {found}{shown}.",
        "Write for example {example}.",
    ),
    Code.VALUE_UNKNOWN: Texts(
        "{value} is not allowed.",
        "Did you mean {nearest}? Allowed: {allowed}.",
        "Allowed: {allowed}.",
    ),
    Code.PATTERN_UNMET: Texts(
        "{value} does not have the form {pattern}.",
        "Write for example {example}.",
    ),
    Code.NAME_MALFORMED: Texts(
        "{value} is no name.",
        "A name begins with a lower-case letter and has at most 63 lower-case letters, "
        "digits and underscores: {example}.",
    ),
    Code.TOO_SMALL: Texts(
        "{value} is too small.",
        "Write a number {relation} {bound}.",
    ),
    Code.TOO_LARGE: Texts(
        "{value} is too large.",
        "Write a number {relation} {bound}.",
    ),
    Code.TOO_SHORT: Texts(
        "This is too short: it has {length}.",
        "Give at least {bound}, for example {example}.",
    ),
    Code.TOO_LONG: Texts(
        "This is too long: it has {length}.",
        "Give at most {bound}.",
    ),
    Code.VALUE_REFUSED: Texts(
        "{value} is refused: {reason}.",
        "Write for example {example}.",
    ),
    Code.ORIGIN_COUNT: Texts(
        "A field of the target has exactly one origin; here are {count}.",
        "Give one of {allowed}.",
    ),
    Code.NAME_REPEATED: Texts(
        '"{name}" is taken by {first}.',
        "Choose a different name, or remove one of the two.",
    ),
    Code.TYPE_UNKNOWN: Texts(
        "{value} is no logical type.",
        "Did you mean {nearest}? Allowed: {allowed}.",
    ),
    Code.DECIMAL_IMPOSSIBLE: Texts(
        "{value} cannot exist.",
        "The precision is 1 to {most} and the scale at most the precision: decimal(12,2).",
    ),
    Code.OPTION_UNFIT: Texts(
        "`{option}` does nothing for type {type}.",
        "Remove it, or set a `type` that is {fitting}, for example {example}.",
    ),
    Code.TYPE_NEEDED: Texts(
        "`{option}` does nothing without a `type`.",
        "Add `type: {example}`, or another type that is {fitting}.",
    ),
    Code.DEFAULT_MISSING: Texts(
        "`unmatched: default` needs the value to take.",
        'Add `default:` to the field "{field}", or write `unmatched: refuse`.',
    ),
    Code.PLACEHOLDER_UNKNOWN: Texts(
        "{placeholder} stands for nothing.",
        "Did you mean {nearest}? Allowed: {allowed}.",
    ),
    Code.PLACEHOLDER_MISSING: Texts(
        "The command never learns which secret is meant.",
        "Write {placeholder} in one of the arguments, such as `landbridge/{placeholder}`.",
    ),
    Code.TIME_ZONE_UNKNOWN: Texts(
        "{value} is no time zone.",
        "Did you mean {nearest}?",
    ),
    Code.ENCODING_UNKNOWN: Texts(
        "{value} is no encoding of text.",
        "Did you mean {nearest}?",
    ),
    Code.PATH_OUTSIDE: Texts(
        "{value} leaves the project.",
        "Write a path that starts at the project, without `..`: code_tables/units.csv.",
    ),
    Code.STATE_URL_UNUSABLE: Texts(
        "State cannot be kept there.",
        "Write `sqlite:///.landbridge/state.db` or `postgresql+psycopg://user@host/database`.",
    ),
    Code.SECRET_REFERENCE_MALFORMED: Texts(
        "{reference} refers to no secret.",
        "Write ${{secret:{nearest}}}; a name begins with a letter and has letters, digits, "
        "`_`, `.` and `-`.",
    ),
    Code.WAIVER_EMPTY: Texts(
        'The waiver for "{column}" says neither what is lost nor why.',
        "Add `loss:` as the plan words it, or `reason:`.",
    ),
    Code.NEED_UNKNOWN: Texts(
        'There is no node "{name}" in this flow.',
        'Did you mean "{nearest}"? The other nodes: {allowed}.',
        "Name another node of this flow, or remove it.",
    ),
    Code.NEED_CYCLE: Texts(
        "The needs run in a circle: {cycle}.",
        "Remove one of these needs.",
    ),
    Code.KIND_MISPLACED: Texts(
        "A document of kind {value} stands in {folder}.",
        "Move it to {right}, or write `kind: {kind}`.",
    ),
    Code.CONNECTION_UNKNOWN: Texts(
        'There is no connection "{name}".',
        'Did you mean "{nearest}"? There are: {allowed}.',
        "Add connections/{name}.yaml.",
    ),
}
CATALOGUE = Catalogue(_KINDS, _ADVICE, _TEXTS)
