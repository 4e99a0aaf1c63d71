#include "model/problem_codes.hpp"

#include <array>

namespace gunflint {
namespace {

constexpr std::array table{
    ProblemCode{"E001", "no file", "The file cannot be read, or is empty."},
    ProblemCode{"E002", "too large",
                "More than 1 MiB, 20 000 lines, 64 KiB in one line, 10 000 nodes, 32 levels, or "
                "4 MiB once variables are filled in."},
    ProblemCode{"E003", "not YAML", "The parser refuses the text."},
    ProblemCode{"E004", "a key twice", "A map holds the same key twice; YAML would keep the last."},
    ProblemCode{"E005", "anchor, alias or merge key",
                "`&name`, `*name` and `<<` are not read; `vars` and `use` do their work."},
    ProblemCode{"E006", "text block", "`>` or `|` after a key begins a block of text in YAML."},
    ProblemCode{"E007", "tag", "`!tags` are not read: the key decides what a value is."},
    ProblemCode{"E008", "several documents", "One file is one experiment."},
    ProblemCode{"E009", "torn value",
                "A comma, `?`, `[`, `{` or `: ` ends an unquoted value where nobody meant it to."},
    ProblemCode{"E101", "wrong kind", "A list where a map is meant, a word where a number is.",
                true},
    ProblemCode{"E102", "unknown key", "No key of this name here.", true},
    ProblemCode{"E103", "missing", "Something that is needed is not there.", true},
    ProblemCode{"E104", "out of range", "The value is outside what makes sense."},
    ProblemCode{"E105", "value", "The value is not written as it must be: mostly its unit."},
    ProblemCode{"E106", "not one of", "The value is none of a fixed set of words.", true},
    ProblemCode{"E107", "a word of another tool", "The same thing has another name here."},
    ProblemCode{"E110", "newer version",
                "The file is of a version that this gunflint cannot read."},
    ProblemCode{"E111", "name", "The name could be taken for something else."},
    ProblemCode{"E112", "unknown fault type", "No fault of this name exists."},
    ProblemCode{"E113", "used twice", "Two things have the same name."},
    ProblemCode{"E114", "unknown target", "`targets` has no such name."},
    ProblemCode{"E115", "unknown load", "`load` has no such name."},
    ProblemCode{"E116", "unknown journey or step", "The load has no such journey or step."},
    ProblemCode{"E117", "unknown stage or fault", "`at`, `after` or `while` names nothing."},
    ProblemCode{"E118", "unknown source", "`sources` lacks what is asked."},
    ProblemCode{"E119", "ambiguous stage", "Two loads have a stage of this name."},
    ProblemCode{"E120", "exclude each other", "Only one of these keys may stand here."},
    ProblemCode{"E121", "condition", "A comparison is `metric < limit`."},
    ProblemCode{"E122", "metric", "The source does not have this metric."},
    ProblemCode{"E123", "unit of a limit", "The metric is compared with another kind of quantity."},
    ProblemCode{"E124", "start", "When this begins is not said, or said in a way that cannot be."},
    ProblemCode{"E125", "length", "How long a fault lasts is missing, or said twice."},
    ProblemCode{"E126", "repeat", "Repetitions would overlap or never end."},
    ProblemCode{"E127", "circle", "Faults wait for each other."},
    ProblemCode{"E128", "time_limit", "The run may last longer than `time_limit`."},
    ProblemCode{"E129", "blast radius", "A fault reaches more than `blast_radius` allows."},
    ProblemCode{"E130", "unknown variable",
                "`${name}` is no variable, no extracted name and no column of `data`."},
    ProblemCode{"E131", "environment or secret", "`${env:X}` or `${secret:x}` has no value."},
    ProblemCode{"E132", "member", "`${member.…}` has a value only where one member is meant."},
    ProblemCode{"E133", "name of an extract",
                "A variable, a data set and an extracted name must not have the same name."},
    ProblemCode{"E134", "named file", "A file that the experiment names cannot be used."},
    ProblemCode{"E135", "baseline", "There is nothing to compare with."},
    ProblemCode{"E136", "hypothesis", "Window, phases or missing data are not judged like this."},
    ProblemCode{"E137", "alert", "When an alert must fire is not said."},
    ProblemCode{"E139", "irreversible", "Nobody can undo this; say that you know."},
    ProblemCode{"E140", "--set", "The file has no such variable."},
    ProblemCode{"E142", "pattern", "No regular expression or JSON path."},
    ProblemCode{"E143", "address", "No web address, a path without `base_url`, or no IP address."},
    ProblemCode{"E144", "gate", "A fault may begin before the gate can be known."},
    ProblemCode{"E145", "no effect",
                "The key changes nothing here, or cannot have its effect without another."},
    ProblemCode{"E146", "too few rows",
                "`order: unique` takes no row twice, and the file has too few."},
    ProblemCode{"E190", "not in this version",
                "The language knows it; this version cannot run it."},
    ProblemCode{"W210", "short baseline", "The baseline will be inconclusive."},
    ProblemCode{"W211", "nothing judged", "The file says nothing that must hold."},
    ProblemCode{"W212", "late fault", "A fault begins after the stages of every load."},
    ProblemCode{"W231", "unknown secret", "A secret has no value here; `run` will need it."},
    ProblemCode{"W241", "no guard", "Nothing stops a run against targets that are not local."},
};

}  // namespace

std::span<const ProblemCode> problem_codes() { return table; }

const ProblemCode* find_problem_code(std::string_view code) {
  for (const ProblemCode& one : table)
    if (one.code == code) return &one;
  return nullptr;
}

}  // namespace gunflint
