"""The load of a copy, as the sink is told of it."""

from landbridge.engine.copy.generation import Generation
from landbridge.engine.copy.prepare import Prepared
from landbridge.engine.copy.task import StreamTask
from landbridge.sdk.sink import Load


def load_of(task: StreamTask, prepared: Prepared, generation: Generation) -> Load:
    """Return the load that opens or resumes a generation."""
    return Load(
        load_id=task.load_id,
        run_id=task.run_id,
        generation=generation.number,
        stream=task.target,
        columns=prepared.columns,
        mode=task.mode,
        key=prepared.key,
        plan=generation.to_text(),
        resume=generation.resumed,
        evolve=task.settings.schema_change.action == "evolve",
        comment=prepared.schema.comment,
    )
