# SPDX-License-Identifier: Apache-2.0
# Reads what a program prints for --help and tells the shells what may follow, one line for each, with tabs in between:
#   sub NAME DESCRIPTION             a subcommand
#   opt NAMES VALUE DESCRIPTION      an option, as -o,--out; VALUE is - for a flag
#   arg VALUE DESCRIPTION            the next argument without dashes
#   obj NUMBER NAME DESCRIPTION      an object of the chip
#   alone                            its options do not stand behind a subcommand, because it does without one
# VALUE has alternatives with | in between: words, and FILE, DIRECTORY, OBJECT, SLOT, ADDRESS, SERVICE and USER, of which the
# shells know what they may be, perhaps behind a word with a colon (trustx:OBJECT). It begins with LIST: where several
# are joined by commas, and is ANY for what nobody can propose: a number, a text. There are no apostrophes in this file,
# because it becomes a word in apostrophes of shell scripts.
BEGIN {
    split("FILE DIRECTORY OBJECT SLOT ADDRESS SERVICE USER", names)
    for (i in names) {
        meaning[names[i]] = names[i]
    }
    meaning["DEVICE"] = "FILE"
    meaning["PEER"] = "FILE"
    meaning["RECIPE"] = "FILE"
    meaning["REQUEST"] = "FILE"
    meaning["ANSWER"] = "FILE"
    meaning["PROOF"] = "FILE"
    meaning["EVIDENCE"] = "FILE"
    meaning["PATH"] = "FILE"
    meaning["PROGRAM"] = "FILE"
    meaning["WHAT"] = "OBJECT|chip|application"
    meaning["STATE"] = "initialisation|operational|termination"
    meaning["CONDITION"] = "always|never"
    meaning["MANIFEST"] = "FILE"
    meaning["OBJECTS"] = "LIST:F1D0|F1D1|F1D2|F1D3|F1D4|F1D5|F1D6|F1D7|F1D8|F1D9|F1DA|F1DB|F1DC|F1DD|F1DE|F1DF"
    meaning["LIST"] = "LIST:sign|auth|keyagree|enc|hostfw|devmgmt"
}

function description(line) {
    # Two spaces stand in front of it. Where the names are long it is in the next line.
    return match(line, /[^ ]  +/) ? substr(line, RSTART + RLENGTH) : ""
}

function value(text) {
    sub(/[ =].*/, "", text)
    # CLI11 tells here, too, what an option excludes.
    if (text == "" || text ~ /^(Needs|Excludes):/) {
        return "-"
    }
    return text in meaning ? meaning[text] : text ~ /\|/ ? text : "ANY"
}

# One space alone stands there where the names end just in front of the column of descriptions.
pending != "" && /^ *-/ { print pending "\t"; pending = "" }

pending != "" {
    text = $0
    sub(/^ +/, "", text)
    print pending "\t" text
    pending = ""
    next
}

/^Usage:.*\[SUBCOMMAND\]/ { print "alone" }

/^Positionals:/ { part = "arg"; next }
/Options:/      { part = "opt"; next }
/^Subcommands:/ { part = "sub"; next }
/^Commands:/    { part = "cmd"; next }
/^\[/           { next }
/^[^ ]/         { part = "" }

part == "sub" && /^  [a-z]/ { print "sub\t" $1 "\t" description($0) }

part == "arg" && /^  [A-Z]/ { argument[++arguments] = $1; says[arguments] = description($0) }

# The words that an argument COMMAND may be have a list below.
part == "cmd" && /^  [a-z]/ {
    word = $1
    sub(/:$/, "", word)
    commands = commands (commands == "" ? "" : "|") word
}

part == "opt" && /^ +-/ {
    line = $0
    sub(/^ +/, "", line)
    option = line
    sub(/ .*/, "", option)
    rest = substr(line, length(option) + 1)
    option = option "\t" (rest ~ /^ [^ ]/ ? value(substr(rest, 2)) : "-")
    if (description("x" rest) == "") {
        pending = "opt\t" option
    } else {
        print "opt\t" option "\t" description("x" rest)
    }
}

part == "" && /^  [0-9A-F][0-9A-F][0-9A-F][0-9A-F]  / { print "obj\t" $1 "\t" $2 "\t" description(substr($0, 8)) }

END {
    meaning["COMMAND"] = commands
    for (i = 1; i <= arguments; i++) {
        print "arg\t" value(argument[i]) "\t" says[i]
    }
}
