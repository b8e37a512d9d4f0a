"""One right document of each kind; shown by editors, read by tests."""

from collections.abc import Mapping

from pydantic import JsonValue

EXAMPLES: Mapping[str, dict[str, JsonValue]] = {
    "project": {
        "kind": "project",
        "name": "acme",
        "description": "Material master for the plants.",
        "secrets": [
            {"type": "env"},
            {"type": "command", "command": ["pass", "show", "landbridge/{name}"]},
        ],
        "defaults": {"parallel": 4, "failed_rows": {"action": "quarantine", "max_rows": 1000}},
        "retention": {"run_days": 90},
    },
    "connection": {
        "kind": "connection",
        "name": "erp",
        "connector": "postgres",
        "options": {
            "host": "db.example",
            "database": "erp",
            "user": "reader",
            "password": "${secret:erp_password}",
        },
    },
    "flow": {
        "kind": "flow",
        "name": "material_master",
        "nodes": [
            {
                "name": "materials",
                "type": "copy",
                "source": {"connection": "erp", "streams": ["public.materials"]},
                "target": {"connection": "dw", "stream": "dim_{table}"},
                "write": {"mode": "merge", "keys": ["id"]},
                "incremental": {"cursor": "updated_at", "lateness_secs": 300},
                "mapping": {
                    "rest": "keep",
                    "fields": [
                        {
                            "to": "price",
                            "from": "unit_price",
                            "type": "decimal(12,2)",
                            "rounding": "half_even",
                        },
                        {
                            "to": "unit",
                            "from": "unit_code",
                            "normalise": ["trim", "upper"],
                            "code_table": {
                                "file": "code_tables/units.csv",
                                "from": "code",
                                "to": "name",
                            },
                        },
                    ],
                },
                "failed_rows": {"action": "quarantine", "max_share": 0.01},
            }
        ],
    },
}
