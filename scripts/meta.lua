---@meta
-- What editors know about rule scripts (LuaLS: add this folder to its library).  Never run.
-- 供编辑器补全和提示用，不会被运行。词表与引擎一致，由测试核对（tests/engine/test_script_words.c）。

---A span with its unit: "90s" "30m" "36h" "2d" "1w" "3h30m".  时长，要带单位。
---@alias span string|figure
---A distance with its unit: "500m" "2km".  距离，要带单位。
---@alias distance string|figure
---@alias number_or_figure number|figure|limit
---@alias texts string|string[]|figure

---A figure of policy.yaml (`figures`).  Fits into every slot; a script cannot reckon with it.
---政策数值：写在用到的地方，不能计算、比较、连接。
---@class figure
---@field [string] figure

---The bundle's figures by path: p.levels.heavy.  政策数值，按路径取。
---@type figure
p = nil

---@class rule
---@class limit

---One condition: one view, one series, one test.  一个条款：看一处、一个序列、一个判断。
---@class clause
---@field observed? string 实测：只看已闭合的实测值
---@field forecast? string 预报：只看当前有效的那一期
---@field timeline? string 时间线：已闭合且有效的实测优先，其余用预报
---@field receipt? "done" 回执：只用于 watch 的 clear_when
---@field above? number_or_figure >
---@field at_least? number_or_figure ≥
---@field below? number_or_figure <
---@field at_most? number_or_figure ≤
---@field is? string 状态等于
---@field one_of? string[] 状态属于
---@field where? fun(v: value_view): boolean 例外写法，check 会列出请人审阅
---@field lasting? span 持续多久；不写则一个值即可

---@class condition : clause

---@class level_of_warning
---@field [1] string 级别名，见 policy.yaml 的 levels
---@field issue_when condition
---@field response? string 响应级别，默认按 policy.yaml
---@field approve? "auto"|"one"|"two" 批准方式，默认按 policy.yaml

---@class warning_body
---@field title? string
---@field basis? doc_ref
---@field area string|figure 区划代码
---@field only? { primary: texts } 首要污染物
---@field levels level_of_warning[] 由低到高
---@field lift_when condition
---@field lead? span 默认 "60h"
---@field merge_within? span 默认 "36h"
---@field downgrade? "hold"|"follow" 默认 "hold"

---@class watch_step
---@field to string|target
---@field lasting? span when 已持续多久
---@field after? span 立案后多久
---@field unless? "delivered"|"read"|"acknowledged"|"done"
---@field text? string

---@class level_of_watch
---@field [1] string
---@field when condition

---@class watch_body
---@field title? string
---@field basis? doc_ref
---@field per? selector 逐个看的对象
---@field area? string|figure 或者整个区域
---@field when? condition
---@field levels? level_of_watch[]
---@field on_unknown? "alarm"|"task"|"hold"
---@field steps? watch_step[]
---@field clear_when? condition

---@class rota_body
---@field title? string
---@field basis? doc_ref
---@field during period
---@field on? condition
---@field area? string|figure
---@field hours? string|figure "09:00 .. 18:00"
---@field days? "workdays"|"holidays"
---@field who selector
---@field except? selector
---@field measure string 见 measures.yaml
---@field percent? integer 限产百分比
---@field percent_of? string 限产基数
---@field stage_at_most? integer 禁行的排放阶段
---@field lead? span

---@class doc_ref
---@class selector
---@class target
---@class period

---A ladder of levels for an area.  预警：一个区域的分级。
---@param name string
---@return fun(body: warning_body): rule
function warning(name) end

---Something watched one by one, with steps to take.  巡查：逐个看，到点派人。
---@param name string
---@return fun(body: watch_body): rule
function watch(name) end

---Who does what in which season.  错峰：什么季节谁做什么。
---@param name string
---@return fun(body: rota_body): rule
function rota(name) end

---At least one of the clauses holds.  任一成立。
---@param clauses condition[]
---@return condition
function any(clauses) end

---Each of the clauses holds; with `lasting`, together.  全部成立；带 lasting 则同时持续。
---@param clauses condition[]|{ lasting: span }
---@return condition
function all(clauses) end

---The document a rule stands on: doc "plan", doc { "plan", article = "4.2" }.  依据的文件。
---@param key string|{ [1]: string, article: string }
---@return doc_ref
function doc(key) end

---The subject's own limit in the registry: limit "nox".  对象自己的限值。
---@param name string
---@return limit
function limit(name) end

---@param like { where: fun(r: recipient_view): boolean }|table<string, texts|boolean>
---@return selector
function enterprises(like) end

---@param like { where: fun(r: recipient_view): boolean }|table<string, texts|boolean>
---@return selector
function sites(like) end

---@param like { where: fun(r: recipient_view): boolean }|table<string, texts|boolean>
---@return selector
function fleets(like) end

---@param like table<string, texts|boolean>
---@return selector
function outlets(like) end

---@param like { has: texts }|table<string, texts|boolean>
---@return selector
function lines(like) end

---@param like table<string, texts|boolean>
---@return selector
function stations(like) end

---@param like { kind: texts, at_least: table<string, number>, merge: { [1]: distance, [2]: span } }|table<string, texts|boolean>
---@return selector
function event(like) end

---The owner of the patrol grid's cell.  网格责任人。
---@param level "group"|"village"|"town"|"county"
---@return target
function grid(level) end

---Recipients within a distance.  一定距离内的对象。
---@param far { [1]: distance, who: selector }
---@return target
function within(far) end

---The same, downwind.  下风向的对象。
---@param far { [1]: distance, who: selector }
---@return target
function downwind(far) end

---Every year between two days, both included: season "05-01 .. 09-30".  每年的一段日子，含首尾。
---@param days string|figure
---@return period
function season(days) end

---A season of calendar.yaml: calendar "heating".  日历里的季节。
---@param name string
---@return period
function calendar(name) end

---While a warning stands: level { "heavy-pollution", at_least = "yellow" }.  预警期间。
---@param of { [1]: string, at_least: string }
---@return period
function level(of) end

---What a where function of a clause sees.  条款的 where 函数看到的值。
---@class value_view
---@field value number
---@field time integer milliseconds since 1970, start of the step 毫秒
---@field hour integer
---@field month integer
---@field day integer
---@field weekday integer 1 Monday … 7 Sunday
---@field subject string
---@field series string
local value_view = {}
---The k-th value before this one, or nil.  前面第 k 个值。
---@param k integer
---@return number?
function value_view:before(k) end
---Another series of the same subject at the same step, or nil.  同一对象同一时刻的另一序列。
---@param series string
---@return number?
function value_view:other(series) end

---What a where function of a selector sees.  选择条件的 where 函数看到的对象。
---@class recipient_view
---@field id string
---@field name string
---@field kind "enterprise"|"site"|"fleet"|"office"
---@field grade string?
---@field district string?
---@field industry string?
---@field park string?
---@field class "normal"|"guaranteed"|"small"|"long_stopped"
---@field credit_code string?
---@field emits string[]
---@field day { so2: number, nox: number, pm: number, vocs: number } t/d
---@field lines { id: string, name: string, day: table<string, number>, safe_percent: integer }[]
---@field attr fun(name: string): any 名录里的其他属性

---Texts, with helpers of ours; patterns as in Lua.  另有 contains startswith endswith split trim。
---@class stringlib
string = {}
---@param s string
---@param part string
---@return boolean
function string.contains(s, part) end
---@param s string
---@param head string
---@return boolean
function string.startswith(s, head) end
---@param s string
---@param tail string
---@return boolean
function string.endswith(s, tail) end
---@param s string
---@param separator string
---@return string[]
function string.split(s, separator) end
---@param s string
---@return string
function string.trim(s) end

---Characters i..j, unlike string.sub, which counts bytes.  按字符截取。
---@param s string
---@param i integer
---@param j? integer
---@return string
function utf8.sub(s, i, j) end
