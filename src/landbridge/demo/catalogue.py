"""The sentences of the demo, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from landbridge.app.settings import Language


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence of the demo in one language; braces stand for what it knows."""

    title: str
    built: str
    advanced: str
    erp: str
    crm: str
    mes: str
    project_written: str
    project_kept: str
    copying: str
    stream: str
    target: str
    read: str
    written: str
    filtered: str
    quarantined: str
    superseded: str
    balance: str
    balanced: str
    unbalanced: str
    total: str
    moved: str
    crm_trouble: str
    quarantine: str
    quarantine_empty: str
    planted: str
    planted_differ: str
    proof: str
    source_rows: str
    target_rows: str
    verdict: str
    equal: str
    differs: str
    repeated: str
    unified: str
    material: str
    mes_code: str
    ordered: str
    produced: str
    inspected: str
    next_steps: str
    next_quarantine: str
    next_runs: str
    next_verify: str
    next_serve: str
    next_again: str
    serving: str
    failed: str


_EN = Words(
    title="Riverbank Precision (河岸精工): three systems that do not fit together",
    built="The company stands at {date}.",
    advanced="The company has worked for a day: it stands at {date}.",
    erp="ERP  a SQLite database, {rows} rows",
    crm="CRM  an HTTP API at {url}: OAuth2, cursor pages, a rate limit, failures",
    mes="MES  a folder of {files} CSV and Excel files in GB18030",
    project_written="The project that joins them is in {folder}: read it, it is short.",
    project_kept="The project in {folder} is used as it stands.",
    copying="Ledger: what became of every row that was read",
    stream="stream",
    target="target",
    read="read",
    written="written",
    filtered="filtered",
    quarantined="quarantined",
    superseded="superseded",
    balance="balance",
    balanced="ok",
    unbalanced="DOES NOT BALANCE",
    total="all",
    moved="{read} rows read in {secs} s; the systems hold {rows}.",
    crm_trouble=(
        "The CRM sent {records} records. On the way it failed {failed} requests, refused"
        " {limited} by its rate limit and {expired} by an expired token; no row was lost."
    ),
    quarantine="Quarantine: rows that were refused, kept with their reason",
    quarantine_empty="Quarantine: no row was refused.",
    planted="Exactly the {count} faults that the company planted in what was copied.",
    planted_differ="The company planted {planted} faults in what was copied, not {found}.",
    proof="Proof: source and target compared, row hash by row hash",
    source_rows="source rows",
    target_rows="target rows",
    verdict="verdict",
    equal="equal",
    differs="DIFFERENT",
    repeated=" ({count} sent twice)",
    unified="One material, three systems",
    material="material",
    mes_code="in the MES",
    ordered="ordered",
    produced="produced",
    inspected="inspected",
    next_steps="Next:",
    next_quarantine="see the rows that were refused; edit and replay them",
    next_runs="see what ran, with its ledger",
    next_verify="prove a flow again, whenever you like",
    next_serve="keep the CRM answering, to run and verify its flow yourself",
    next_again="live another day: only what changed moves",
    serving="The CRM answers at {url} until you press Ctrl-C.",
    failed="The demo did not come out right: see above.",
)

_ZH = Words(
    title="河岸精工（Riverbank Precision）：三个互不相通的系统",
    built="公司的今天是 {date}。",
    advanced="公司又运转了一天，今天是 {date}。",
    erp="ERP  SQLite 数据库，共 {rows} 行",
    crm="CRM  HTTP 接口 {url}：OAuth2、游标分页、限流、偶发故障",
    mes="MES  文件夹，{files} 个 GB18030 编码的 CSV 与 Excel 文件",
    project_written="把它们连起来的项目在 {folder}，很短，值得一读。",
    project_kept="沿用 {folder} 中的项目。",
    copying="账本：读到的每一行的去向",
    stream="流",
    target="目标",
    read="读取",
    written="写入",
    filtered="过滤",
    quarantined="隔离",
    superseded="被取代",
    balance="平衡",
    balanced="平",
    unbalanced="不平",
    total="合计",
    moved="{secs} 秒内读取 {read} 行；各系统共有 {rows} 行。",
    crm_trouble=(
        "CRM 共返回 {records} 条记录；途中故障 {failed} 次，限流拒绝 {limited} 次，"
        "令牌过期 {expired} 次，没有丢失任何一行。"
    ),
    quarantine="隔离区：被拒绝的行，连同原因保存",
    quarantine_empty="隔离区：没有被拒绝的行。",
    planted="恰好是公司在本次数据中埋下的 {count} 处错误。",
    planted_differ="公司在本次数据中埋下 {planted} 处错误，而不是 {found} 处。",
    proof="证明：逐行哈希比对源与目标",
    source_rows="源行数",
    target_rows="目标行数",
    verdict="结论",
    equal="一致",
    differs="不一致",
    repeated="（{count} 行重复发送）",
    unified="同一物料，三个系统",
    material="物料",
    mes_code="MES 中的编码",
    ordered="订购",
    produced="生产",
    inspected="抽检",
    next_steps="接下来：",
    next_quarantine="查看被拒绝的行，可修改并重放",
    next_runs="查看运行记录及其账本",
    next_verify="随时再次证明一个任务流",
    next_serve="让 CRM 保持在线，以便自己运行和验证它的任务流",
    next_again="再过一天：只搬运变化的部分",
    serving="CRM 在 {url} 提供服务，按 Ctrl-C 结束。",
    failed="演示结果不符合预期，请看上文。",
)

_WORDS: Mapping[Language, Words] = {"en": _EN, "zh": _ZH}


def words(language: Language) -> Words:
    """Return the sentences of one language."""
    return _WORDS[language]
