"""The texts of all faults in Chinese, as data."""

from collections.abc import Mapping

from landbridge.specs.codes import FaultCode as Code
from landbridge.specs.texts import Catalogue, Texts

_KINDS: Mapping[str, str] = {
    "text": "文本",
    "integer": "整数",
    "number": "数字",
    "boolean": "true 或 false",
    "null": "空值",
    "list": "列表",
    "mapping": "键值映射",
    "or": "或",
}

_ADVICE: Mapping[str, str] = {
    "colon": "含有 `: ` 或以 `:` 结尾的文本请加引号。",
    "key": "请写 `名称: 值`，冒号后有一个空格。",
    "indent": "本行的起始列应与同级的其他行一致。",
    "quote": "请补上结束的引号。",
    "bracket": "请补上括号，并用逗号分隔各个值。",
    "start": "以该字符开头的文本请加引号。",
    "escape": "请改用单引号，其中反斜杠就是反斜杠本身。",
}
_TEXTS: Mapping[Code, Texts] = {
    Code.PROJECT_MISSING: Texts(
        "此处没有 landbridge.yaml。",
        "运行 `landbridge init`，或进入某个项目的文件夹。",
    ),
    Code.FILE_UNREADABLE: Texts(
        "无法读取该文件：{problem}。",
        "请换成有权读取的文件。",
    ),
    Code.FILE_UNKNOWN: Texts(
        "“{name}”不是文档。",
        "文档是 {folder} 中的 .yaml 文件；请改名、移走或删除它。",
    ),
    Code.FOLDER_MISSPELT: Texts(
        "“{name}”中的文档永远不会被读取。",
        "是否想写文件夹“{nearest}”？",
    ),
    Code.FILE_TOO_LARGE: Texts(
        "该文件太大。",
        "一个文档最多 {most} 字节；请拆分。",
    ),
    Code.FILE_EMPTY: Texts(
        "该文件没有内容。",
        "以 `kind:` 和 `name:` 开头，或删除该文件。",
    ),
    Code.NOT_UTF8: Texts(
        "该文件不是 UTF-8 文本（字节 {byte}）。",
        "看起来是 {encoding}；请另存为 UTF-8。",
        "请另存为 UTF-8。",
    ),
    Code.CHARACTER_FORBIDDEN: Texts(
        "字符 {character} 不能直接写在这里。",
        "删除它，或在双引号内写成 {escape}。",
    ),
    Code.YAML_SYNTAX: Texts(
        "不是合法的 YAML：{problem}。",
        "{advice}",
        "请检查本行与上一行的缩进、引号和括号。",
    ),
    Code.YAML_TAB: Texts(
        "YAML 要求空格的地方出现了制表符。",
        "请用空格缩进，每级两个。",
    ),
    Code.SEVERAL_DOCUMENTS: Texts(
        "这里开始了第二个文档。",
        "一个文件只放一个文档：其余的移到各自的文件，并删除 `---`。",
    ),
    Code.TOO_DEEP: Texts(
        "嵌套超过 {most} 层。",
        "请减少层级。",
    ),
    Code.TOO_MANY_VALUES: Texts(
        "展开别名后文档超过 {most} 个值。",
        "请减少别名，或拆分文档。",
    ),
    Code.KEY_REPEATED: Texts(
        "“{key}”重复出现；第一次在第 {first} 行。",
        "只保留其中一个。",
    ),
    Code.KEY_NOT_TEXT: Texts(
        "字段名必须是文本。",
        '请加引号："{key}"。',
        "请写一个名称，例如 `name:`。",
    ),
    Code.MERGE_KEY: Texts(
        "不支持 `<<`。",
        "请写出全部值，或在 landbridge.yaml 中设置 `defaults`。",
    ),
    Code.ALIAS_UNUSABLE: Texts(
        "`*{alias}` 在此之前没有完整的定义。",
        "请在上文用 `&{alias}` 标记一个值；若是以 * 开头的文本，请加引号。",
    ),
    Code.TAG_UNSUPPORTED: Texts(
        "不支持标签 {tag}。",
        "请删除标签；若值是文本，请加引号。",
    ),
    Code.NUMBER_INEXACT: Texts(
        "数字 {text} 的位数过多，无法完整保留。",
        "请加引号。",
    ),
    Code.FIELD_UNKNOWN: Texts(
        "此处没有字段“{name}”。",
        "是否想写“{nearest}”？可用：{allowed}。",
        "可用：{allowed}。",
    ),
    Code.FIELD_MISSING: Texts(
        "缺少“{name}”。",
        "请添加 `{name}: {example}`。",
    ),
    Code.TYPE_WRONG: Texts(
        "应为{expected}，实际是{found}{shown}。",
        "例如写 {example}。",
    ),
    Code.VALUE_UNKNOWN: Texts(
        "不允许 {value}。",
        "是否想写 {nearest}？可用：{allowed}。",
        "可用：{allowed}。",
    ),
    Code.PATTERN_UNMET: Texts(
        "{value} 不符合格式 {pattern}。",
        "例如写 {example}。",
    ),
    Code.NAME_MALFORMED: Texts(
        "{value} 不是合法的名称。",
        "名称由小写字母、数字和下划线组成，以字母开头，最多 63 个字符：{example}。",
    ),
    Code.TOO_SMALL: Texts(
        "{value} 太小。",
        "请写 {relation} {bound} 的数。",
    ),
    Code.TOO_LARGE: Texts(
        "{value} 太大。",
        "请写 {relation} {bound} 的数。",
    ),
    Code.TOO_SHORT: Texts(
        "太短：现有 {length}。",
        "至少 {bound}，例如 {example}。",
    ),
    Code.TOO_LONG: Texts(
        "太长：现有 {length}。",
        "最多 {bound}。",
    ),
    Code.VALUE_REFUSED: Texts(
        "{value} 被拒绝：{reason}。",
        "例如写 {example}。",
    ),
    Code.ORIGIN_COUNT: Texts(
        "目标字段必须恰好有一个来源；现有 {count} 个。",
        "请只写其中一个：{allowed}。",
    ),
    Code.NAME_REPEATED: Texts(
        "“{name}”已被 {first} 使用。",
        "请换一个名称，或删除其中一个。",
    ),
    Code.TYPE_UNKNOWN: Texts(
        "{value} 不是逻辑类型。",
        "是否想写 {nearest}？可用：{allowed}。",
    ),
    Code.DECIMAL_IMPOSSIBLE: Texts(
        "{value} 不可能存在。",
        "精度为 1 到 {most}，小数位数不超过精度：decimal(12,2)。",
    ),
    Code.OPTION_UNFIT: Texts(
        "`{option}` 对类型 {type} 不起作用。",
        "请删除它，或设置属于 {fitting} 的 `type`，例如 {example}。",
    ),
    Code.TYPE_NEEDED: Texts(
        "没有 `type`，`{option}` 不起作用。",
        "请添加 `type: {example}`，或其他属于 {fitting} 的类型。",
    ),
    Code.DEFAULT_MISSING: Texts(
        "`unmatched: default` 需要给出取值。",
        "请为字段“{field}”添加 `default:`，或写 `unmatched: refuse`。",
    ),
    Code.PLACEHOLDER_UNKNOWN: Texts(
        "{placeholder} 没有含义。",
        "是否想写 {nearest}？可用：{allowed}。",
    ),
    Code.PLACEHOLDER_MISSING: Texts(
        "命令无从得知是哪个密钥。",
        "请在某个参数中写 {placeholder}，例如 `landbridge/{placeholder}`。",
    ),
    Code.TIME_ZONE_UNKNOWN: Texts(
        "{value} 不是时区。",
        "是否想写 {nearest}？",
    ),
    Code.ENCODING_UNKNOWN: Texts(
        "{value} 不是文本编码。",
        "是否想写 {nearest}？",
    ),
    Code.PATH_OUTSIDE: Texts(
        "{value} 超出了项目。",
        "请写从项目开始、不含 `..` 的路径：code_tables/units.csv。",
    ),
    Code.STATE_URL_UNUSABLE: Texts(
        "状态不能保存在那里。",
        "请写 `sqlite:///.landbridge/state.db` 或 `postgresql+psycopg://user@host/database`。",
    ),
    Code.SECRET_REFERENCE_MALFORMED: Texts(
        "{reference} 没有引用任何密钥。",
        "请写 ${{secret:{nearest}}}；名称以字母开头，由字母、数字、`_`、`.` 和 `-` 组成。",
    ),
    Code.WAIVER_EMPTY: Texts(
        "“{column}”的豁免既没有写明损失，也没有写明原因。",
        "请添加与计划措辞一致的 `loss:`，或 `reason:`。",
    ),
    Code.NEED_UNKNOWN: Texts(
        "该任务流中没有节点“{name}”。",
        "是否想写“{nearest}”？其他节点：{allowed}。",
        "请写该任务流的另一个节点，或删除它。",
    ),
    Code.NEED_CYCLE: Texts(
        "依赖成环：{cycle}。",
        "请删除其中一个依赖。",
    ),
    Code.KIND_MISPLACED: Texts(
        "类型为 {value} 的文档放在了 {folder} 中。",
        "请移到 {right}，或写 `kind: {kind}`。",
    ),
    Code.CONNECTION_UNKNOWN: Texts(
        "没有连接“{name}”。",
        "是否想写“{nearest}”？现有：{allowed}。",
        "请添加 connections/{name}.yaml。",
    ),
}
CATALOGUE = Catalogue(_KINDS, _ADVICE, _TEXTS)
