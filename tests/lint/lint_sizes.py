"""One idea per file. Long functions are listed, long files are refused."""
RULE = "no .c file has more than 600 lines"
FILE_LINES_MAX = 600
FUNCTION_LINES_LISTED = 70

PLANTED = [{"core/base/long.c": "int x;\n" * 601}]
CLEAN = {"core/base/fits.c": "int x;\n" * 600}


def long_functions(file, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES_LISTED:
                yield f"{file}:{start}: a function of {number - start - 1} lines"
            start = None


def check(tree):
    findings = []
    for file in tree.of(".c"):
        lines = tree.text(file).splitlines()
        if len(lines) > FILE_LINES_MAX:
            findings.append(f"{file}: {len(lines)} lines")
        for remark in long_functions(file, lines):
            print("remark:", remark)
    return findings
