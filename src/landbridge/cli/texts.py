"""Every sentence of the command line, in English and Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

from landbridge.app.settings import Language

# key: (English, Chinese). Braces stand for what the command knows.
_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "error": ("Error", "错误"),
        "hint": ("What to do", "处理建议"),
        "documents_wrong": ("{count} faults in the documents", "文档中有 {count} 处错误"),
        "more_checks": ("More checks follow once these are right.", "改正后还会有进一步检查。"),
        "documents_right": (
            "Documents are right: {connections} connections, {flows} flows.",
            "文档正确：{connections} 个连接，{flows} 个任务流。",
        ),
        "connection": ("Connection", "连接"),
        "connector": ("Connector", "连接器"),
        "status": ("Status", "状态"),
        "system": ("System", "系统"),
        "answers": ("answers", "可用"),
        "fails": ("fails", "失败"),
        "stream": ("Stream", "流"),
        "kind": ("Kind", "类型"),
        "rows": ("Rows", "行数"),
        "comment": ("Comment", "注释"),
        "target": ("Target", "目标"),
        "node": ("Node", "节点"),
        "mode": ("Mode", "写入方式"),
        "guarantee": ("Guarantee", "保证"),
        "changes": ("Changes", "变更"),
        "destructive": ("removes data", "会删除数据"),
        "column": ("Column", "字段"),
        "type": ("Type", "类型"),
        "in_target": ("In the target", "目标类型"),
        "fit": ("Fit", "匹配"),
        "waived": ("loss accepted", "已接受损失"),
        "plan_of": ("Plan of flow {flow}", "任务流 {flow} 的计划"),
        "plan_digest": (
            "Plan {digest}. To do it: landbridge apply {flow} --plan {digest}",
            "计划 {digest}。执行：landbridge apply {flow} --plan {digest}",
        ),
        "plan_unknown": ("could not be planned", "无法得出计划"),
        "plan_resumes": (
            "goes on after {rows} rows of an interrupted run",
            "将从中断处继续（已完成 {rows} 行）",
        ),
        "applied": (
            "Targets are ready. To move the rows: landbridge run {flow}",
            "目标已就绪。开始传输：landbridge run {flow}",
        ),
        "read": ("Read", "读取"),
        "written": ("Written", "写入"),
        "filtered": ("Filtered", "过滤"),
        "quarantined": ("Aside", "隔离"),
        "superseded": ("Replaced", "被替代"),
        "deleted": ("Deleted", "删除"),
        "secs": ("Seconds", "秒"),
        "run_done": (
            "Run {run} of flow {flow} is done.",
            "任务流 {flow} 的运行 {run} 已完成。",
        ),
        "run_failed": ("Run {run} of flow {flow} failed.", "任务流 {flow} 的运行 {run} 失败。"),
        "run_quarantine": (
            "{rows} rows are in quarantine: landbridge quarantine list --flow {flow}",
            "{rows} 行在隔离区：landbridge quarantine list --flow {flow}",
        ),
        "skipped": ("not begun, because a node it needs failed", "依赖的节点失败，未执行"),
        "retrying": (
            "{stream}: {reason}; trying again in {secs} s ({failures})",
            "{stream}：{reason}；{secs} 秒后重试（第 {failures} 次）",
        ),
        "snapshot_renewed": (
            "{stream}: the source was reopened; later shares see a later moment",
            "{stream}：源已重新连接，后续分片读取的是较晚的时刻",
        ),
        "no_runs": (
            "No run yet. landbridge run FLOW starts one.",
            "尚无运行。landbridge run FLOW 开始。",
        ),
        "run": ("Run", "运行"),
        "flow": ("Flow", "任务流"),
        "started": ("Started", "开始"),
        "ended": ("Ended", "结束"),
        "outcome": ("Outcome", "结果"),
        "done": ("done", "完成"),
        "failed": ("failed", "失败"),
        "running": ("running", "运行中"),
        "equal": ("equal", "一致"),
        "differs": ("differs", "不一致"),
        "absent": ("Absent", "缺失"),
        "changed": ("Changed", "不同"),
        "extra": ("Extra", "多余"),
        "repaired": ("Repaired", "已修复"),
        "source_rows": ("Source rows", "源行数"),
        "target_rows": ("Target rows", "目标行数"),
        "reread": ("Read again", "重读"),
        "to_repair": (
            "To make them equal: landbridge verify {flow} --repair",
            "修复：landbridge verify {flow} --repair",
        ),
        "samples": ("Keys that differ", "不一致的键"),
        "quarantine_empty": ("Nothing is in quarantine.", "隔离区为空。"),
        "name": ("Name", "编号"),
        "reason": ("Reason", "原因"),
        "field": ("Field", "字段"),
        "content": ("Content", "内容"),
        "original": ("As it was read", "原始内容"),
        "kept_at": ("Since", "时间"),
        "waiting": ("waiting", "待处理"),
        "replayed": ("replayed", "已重放"),
        "dropped": ("dropped", "已放弃"),
        "edited": (
            "Row {name} is changed: landbridge quarantine replay",
            "行 {name} 已修改：landbridge quarantine replay",
        ),
        "rows_dropped": ("{count} rows are given up.", "已放弃 {count} 行。"),
        "nothing_waits": ("No row waits to be replayed.", "没有待重放的行。"),
        "refused_again": ("Refused again", "再次被拒"),
        "created": (
            "Project {name} is in {folder}. Next: landbridge check",
            "项目 {name} 已建立于 {folder}。下一步：landbridge check",
        ),
        "preview_of": ("{stream}: first {rows} rows", "{stream}：前 {rows} 行"),
        "preview_filtered": ("{count} rows filtered", "过滤 {count} 行"),
        "would_fail": ("Rows that would fail", "会失败的行"),
        "row": ("Row", "行"),
        "secret_stored": (
            "Secret {name} is stored, encrypted, in {file}.",
            "密钥 {name} 已加密存入 {file}。",
        ),
        "secret_removed": ("Secret {name} is removed.", "密钥 {name} 已删除。"),
        "secret_key": (
            "Keep this key outside of the project and hand it over in {variable}:",
            "请在项目之外保存此密钥，并通过 {variable} 提供：",
        ),
        "no_secrets": ("No secret is stored.", "尚无密钥。"),
        "secret_prompt": ("Secret {name}", "密钥 {name}"),
        "interrupted": (
            "Interrupted. What is settled stays; run the flow again to go on.",
            "已中断。已提交的数据保留，再次运行将从断点继续。",
        ),
        "unexpected": (
            "Something broke that should not: {what}. Details: --debug",
            "发生意外错误：{what}。详情：--debug",
        ),
        "time_left": ("left", "剩余"),
        "map_sampled": (
            "Sampled {source} rows of the source and {target} of the target.",
            "已抽样：源 {source} 行，目标 {target} 行。",
        ),
        "map_joined": (
            "{rows} rows are in both samples, matched by {fields}.",
            "两边样本中有 {rows} 行可按 {fields} 对应。",
        ),
        "map_from": ("From", "源字段"),
        "map_to": ("To", "目标字段"),
        "map_score": ("Score", "得分"),
        "map_evidence": ("Evidence", "依据"),
        "map_nothing": ("Nothing is sure enough to be proposed.", "没有足够可靠的建议。"),
        "map_doubtful": ("Not sure enough; judge for yourself", "不够可靠，请自行判断"),
        "map_unmatched": (
            "Fields of the target that get nothing: {fields}",
            "没有来源的目标字段：{fields}",
        ),
        "map_unused": (
            "Fields of the source that nothing takes: {fields}",
            "未被使用的源字段：{fields}",
        ),
        "map_yaml": (
            "Nothing is applied. To use it, put this into a copy node of a flow:",
            "尚未应用任何内容。如需使用，请放入任务流的复制节点：",
        ),
        "map_table": ("Code table, to be saved as {file}:", "代码表，请保存为 {file}："),
        "map_written": ("Written: {file}", "已写入：{file}"),
    }
)


def text(key: str, language: Language, **facts: str | int) -> str:
    """Return a sentence in a language.

    Example:
        >>> text("rows_dropped", "zh", count=3)
        '已放弃 3 行。'
    """
    return _TEXTS[key][0 if language == "en" else 1].format_map(facts)


def keys() -> tuple[str, ...]:
    """Return the keys of all sentences."""
    return tuple(_TEXTS)
