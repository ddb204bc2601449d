"""Random templates: of every construct, right ones and wrong ones."""

LABELS = ("job", "instance", "nope")
LAYOUTS = (
    "2006-01-02T15:04:05Z07:00", "Mon Jan _2 15:04:05 2006", "Monday, 02-Jan-06 03:04:05.000 PM", "3:4:5pm 1/2/06",
    "002 __2 .999 ,00 -07 -0700 Z0700 MST", "Janet Monk January2 2006-1-2 _2006 15h4m05.000000s", "", "x%d{}",
)  # fmt: skip
FORMATS = (*"vsdqxXteEfFgGobcUTO", "+v", "#v", "z", "!", "5", "#x", "+q", "#q", "% x", "%")
STRINGS = ('"a"', '""', '"db-1:80"', "`r\\w`", '"é"', '"5"', '"1e3"', '"a b&<c>"', '"1h30m"', '"\\xff"', '"x.y.z:9"')
NUMBERS = ("0", "1", "-3", "2.5", "1e6", "0x1F", "0.0001", "'a'", "1_000", "123456789.0", "1e21", "017", "3.0")
CONSTANTS = (*STRINGS, *NUMBERS, "true", "false", "nil")
OF_TEXT = (
    "toUpper",
    "toLower",
    "title",
    "stripPort",
    "stripDomain",
    "parseDuration",
    "graphLink",
    "tableLink",
    "safeHtml",
)
OF_NUMBERS = ("humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime")
OF_ANYTHING = ("len", "not", "html", "js", "urlquery", "print", "println", "args")
OF_TIMES = ("Year", "Month", "Day", "Hour", "Minute", "Second", "Weekday", "YearDay", "Unix", "UTC", "String", "IsZero")
ONE = 'query "x"'
SORTED = 'sortByLabel "k" (query "y")'
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


class Inventor:
    """Makes templates by chance; it knows which variables are in scope, and mostly keeps to them."""

    def __init__(self, chance):
        self.chance = chance
        self.variables = ["$", "$value", "$labels", "$externalLabels", "$externalURL"]
        self.loops = 0
        self.defined = []

    def pick(self, *options):
        return self.chance.choice(options)

    def likely(self, probability):
        return self.chance.random() < probability

    def template(self):
        return "".join(self.definition() for _ in range(self.likely(0.3))) + self.nodes(3)

    def definition(self):
        name = self.pick("one", "two")
        outside, self.variables = self.variables, ["$"]
        body = self.nodes(1)
        self.variables = outside
        self.defined.append(name)
        return self.braces(f'define "{name}"') + body + self.braces("end")

    def nodes(self, depth):
        return "".join(self.node(depth) for _ in range(self.chance.randrange(1, 4)))

    def braces(self, inside):
        left, right = self.pick("{{", "{{ ", "{{ ", "{{- "), self.pick("}}", " }}", " }}", " -}}")
        return left + inside + right

    def node(self, depth):
        kinds = [self.text, self.shown, self.shown, self.shown, self.assigned]
        if depth:
            kinds += [self.condition, self.loop, self.used]
        return self.pick(*kinds)(depth)

    def text(self, _):
        return self.pick(" a ", "\n", "-", " \t b", "{", "}", "é", "{{/* note */}}", "{{- /* x */ -}}")

    def shown(self, depth):
        if self.loops and self.likely(0.1):
            return self.braces(self.pick("break", "continue"))
        return self.braces(self.pipeline(depth))

    def assigned(self, depth):
        if len(self.variables) > 5 and self.likely(0.4):
            return self.braces(f"{self.pick(*self.variables[5:])} = {self.pipeline(depth)}")
        name = self.pick("$a", "$b", "$c")
        text = self.braces(f"{name} := {self.pipeline(depth)}")
        self.variables.append(name)
        return text

    def block(self, head, depth, *, others=()):
        mark = len(self.variables)
        declared = self.pick("", "", "$a := ", "$b := ")
        pipeline = self.pipeline(depth - 1)
        if declared:
            self.variables.append(declared[:2])
        text = self.braces(f"{head} {declared}{pipeline}") + self.nodes(depth - 1)
        if others and self.likely(0.4):
            text += self.braces(self.pick(*others).replace("?", self.pipeline(depth - 1))) + self.nodes(depth - 1)
        del self.variables[mark:]
        return text + self.braces("end")

    def condition(self, depth):
        return self.pick(
            lambda: self.block("if", depth, others=("else", "else if ?")),
            lambda: self.block("with", depth, others=("else",)),
        )()

    def loop(self, depth):
        mark = len(self.variables)
        declared = self.pick("", "$i, $e := ", "$e := ")
        over = self.pick('query "x"', SORTED, "$labels", 'query "none"', 'args 1 "b" nil')
        self.variables += [name for name in ("$i", "$e") if name in declared]
        self.loops += 1
        text = self.braces(f"range {declared}{over}") + self.nodes(depth - 1)
        self.loops -= 1
        if self.likely(0.3):
            text += self.braces("else") + self.nodes(depth - 1)
        del self.variables[mark:]
        return text + self.braces("end")

    def used(self, depth):
        if self.likely(0.3):
            loops, self.loops = self.loops, 0
            outside, self.variables = self.variables, ["$"]
            body = self.nodes(depth - 1)
            self.variables, self.loops = outside, loops
            return self.braces(f'block "{self.pick("three", "four")}" {self.pipeline(1)}') + body + self.braces("end")
        return self.braces(f'template "{self.pick(*(self.defined or ["one"]))}" {self.pick("", ".", self.pipeline(1))}')

    def pipeline(self, depth):
        first = self.command(depth)
        while self.likely(0.3):
            first += f" | {self.call(depth)}"
        return first

    def command(self, depth):
        return self.operand(depth) if self.likely(0.5) else self.call(depth, whole=True)

    def operand(self, depth):
        kind = self.chance.randrange(8)
        if kind < 2:
            return self.pick(*CONSTANTS)
        if kind == 2:
            return f"${self.pick('labels', 'externalLabels')}.{self.pick(*LABELS, 'site')}"
        if kind == 3:
            return self.pick(
                ".Labels.job", ".Value", ".", "$.Value", ".Labels", ".ExternalLabels", "$.Labels.n", ".nope", ".arg0"
            )
        if kind == 4 and depth > 0:
            return f"({self.pipeline(depth - 1)}){self.pick('', '', '', '.job', '.Value', '.Labels.k', '.Year')}"
        if kind == 5:
            return f"({self.pick(ONE, SORTED)} | first)"
        return self.pick(*self.variables)

    def call(self, depth, *, whole=False):
        """Call a function; a *whole* call gets all its arguments, another lacks the last, which comes by the pipe."""
        last = [self.operand(depth)] if whole else []
        name, *arguments = self.pick(self.plain, self.plain, self.compared, self.printed, self.several, self.timed)(
            depth
        )
        return " ".join([name, *arguments, *last])

    def plain(self, _):
        return [self.pick(*OF_TEXT, *OF_NUMBERS, *OF_ANYTHING, "value", "first", "strvalue")]

    def compared(self, depth):
        return [self.pick(*COMPARISONS, "and", "or", "print", "args"), self.operand(depth - 1)]

    def printed(self, depth):
        verbs = "".join(self.verb() for _ in range(self.chance.randrange(1, 4)))
        others = [self.operand(depth - 1) for _ in range(self.chance.randrange(3))]
        return ["printf", f'"{verbs}"', *others]

    def verb(self):
        flags = "".join(self.chance.sample("+-# 0", self.pick(0, 0, 1, 2)))
        width, precision = self.pick("", "", "3", "8", "*", "[1]"), self.pick("", "", ".0", ".2", ".", ".*", ".[2]")
        return self.pick("", "a", " ") + f"%{flags}{width}{precision}{self.pick(*FORMATS)}"

    def several(self, depth):
        return self.pick(
            ["index", self.operand(depth)],
            ["slice", self.operand(depth), self.pick("0", "1", "2")],
            ["label", self.pick('"job"', '"k"', self.operand(depth - 1))],
            ["sortByLabel", '"k"'],
            ["match", self.pick('"a"', '"^d.*"')],
            ["reReplaceAll", '"[a-d]"', self.pick('"$0-"', '""')],
        )

    def timed(self, _):
        at = f"(toTime {self.pick('0.0', '1700000000.123', '-5e9', '9e9', '951782400.0', '$value')})"
        other = f"(toTime {self.pick('86400.5', '-1.0', '1700003599.9')})"
        return self.pick(
            ["print", f"{at}.{self.pick(*OF_TIMES)}"],
            ["print", f'({at}.Format "{self.pick(*LAYOUTS)}")'],
            ["print", f"({at}.Sub {other})"],
            ["print", f"({at}.Add ({other}.Sub {at}))"],
            [
                "print",
                f"({at}.AddDate {self.pick('0', '-1', '13')} {self.pick('1', '-25')} {self.pick('0', '31', '400')})",
            ],
            ["print", f"({at}.{self.pick('Round', 'Truncate')} {self.pick('1000000000', '86400000000000', '7')})"],
            [
                "print",
                f"(({at}.Sub {other}).{self.pick('Hours', 'Minutes', 'Seconds', 'Milliseconds', 'String', 'Abs')})",
            ],
            ["print", f"(({at}.Sub {other}).{self.pick('Round', 'Truncate')} {self.pick('1000000', '3600000000000')})"],
            ["print", f"({at}.{self.pick('Before', 'After', 'Equal')} {other})"],
            ["print", at, other],
        )


def invented(chance):
    """Return a template."""
    return Inventor(chance).template()


SOUP = (
    *("{{", "}}", "{{-", " -}}", "{{/*", "*/}}", "$x", ":=", "=", "|", "(", ")", ".", ".a", ".Value", "$", ","),
    *('"a"', "`b`", "'c'", "1", "1.5", "0x", "-", "+", "nil", "true", "print", "len", "if", "else", "end", "range"),
    *("with", "define", "template", "block", "break", "continue", "and", "_", "a", "0b1", "1_0", "__", '"', "\\"),
    *("5e", "1e5", "08", *" " * 5, "\n", "é", "²", "\x0b", "\xa0"),
)


def spoilt(chance):
    """Return words of the language in an order that mostly makes no template."""
    inner = "".join(chance.choices(SOUP[6:], k=chance.randrange(1, 7)))
    shape = chance.choice(
        ("{{ ? }}", "{{?}}", "{{ $x := 1 }}{{ ? }}", "{{ if ? }}a{{ end }}", "{{ with ? }}b{{ end }}", "{{ ($x ?) }}")
    )
    if chance.random() < 0.3:
        return "".join(chance.choices(SOUP, k=chance.randrange(2, 10)))
    return shape.replace("?", inner)
