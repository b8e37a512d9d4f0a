"""The closed list of what can be wrong with a document."""

from enum import StrEnum


class FaultCode(StrEnum):
    """One kind of fault. A code is API: documented, translated, never renamed."""

    # The folder and the file.
    PROJECT_MISSING = "project_missing"
    FILE_UNREADABLE = "file_unreadable"
    FILE_UNKNOWN = "file_unknown"
    FOLDER_MISSPELT = "folder_misspelt"
    FILE_TOO_LARGE = "file_too_large"
    FILE_EMPTY = "file_empty"
    NOT_UTF8 = "not_utf8"
    CHARACTER_FORBIDDEN = "character_forbidden"

    # YAML.
    YAML_SYNTAX = "yaml_syntax"
    YAML_TAB = "yaml_tab"
    SEVERAL_DOCUMENTS = "several_documents"
    TOO_DEEP = "too_deep"
    TOO_MANY_VALUES = "too_many_values"
    KEY_REPEATED = "key_repeated"
    KEY_NOT_TEXT = "key_not_text"
    MERGE_KEY = "merge_key"
    ALIAS_UNUSABLE = "alias_unusable"
    TAG_UNSUPPORTED = "tag_unsupported"
    NUMBER_INEXACT = "number_inexact"

    # The shape of a document.
    FIELD_UNKNOWN = "field_unknown"
    FIELD_MISSING = "field_missing"
    TYPE_WRONG = "type_wrong"
    VALUE_UNKNOWN = "value_unknown"
    PATTERN_UNMET = "pattern_unmet"
    NAME_MALFORMED = "name_malformed"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    VALUE_REFUSED = "value_refused"

    # Rules inside a document.
    ORIGIN_COUNT = "origin_count"
    NAME_REPEATED = "name_repeated"
    TYPE_UNKNOWN = "type_unknown"
    DECIMAL_IMPOSSIBLE = "decimal_impossible"
    OPTION_UNFIT = "option_unfit"
    TYPE_NEEDED = "type_needed"
    DEFAULT_MISSING = "default_missing"
    PLACEHOLDER_UNKNOWN = "placeholder_unknown"
    PLACEHOLDER_MISSING = "placeholder_missing"
    TIME_ZONE_UNKNOWN = "time_zone_unknown"
    ENCODING_UNKNOWN = "encoding_unknown"
    PATH_OUTSIDE = "path_outside"
    STATE_URL_UNUSABLE = "state_url_unusable"
    SECRET_REFERENCE_MALFORMED = "secret_reference_malformed"  # noqa: S105  a code, not a secret
    WAIVER_EMPTY = "waiver_empty"
    NEED_UNKNOWN = "need_unknown"
    NEED_CYCLE = "need_cycle"

    # Rules between documents.
    KIND_MISPLACED = "kind_misplaced"
    CONNECTION_UNKNOWN = "connection_unknown"
