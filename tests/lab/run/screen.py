"""A terminal's screen, as far as gunflint writes to one: what a person sees after all that was written."""
import re, unicodedata

TOKEN = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n\b])|([^\x1b\r\n\b]+)|(\x1b)")


class Screen:
    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.wrap = True
        self.scrolled = []    # rows that left at the top, oldest first
        self.colours = set()  # SGR codes that were used
        self.unknown = set()  # control sequences that this screen does not know
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        cut = text.rfind("\x1b")  # a sequence may be cut anywhere
        whole = cut < 0 or TOKEN.match(text, cut).lastindex != 5
        self.rest = "" if whole else text[cut:]
        for token in TOKEN.finditer(text if whole else text[:cut]):
            arguments, command, control, plain, _ = token.groups()
            if plain is not None:
                self._write(plain)
            elif control is not None:
                self._control(control)
            elif command is not None:
                self._command(arguments, command)

    def _control(self, control):
        if control == "\r":
            self.column = 0
        elif control == "\n":
            self._down()
        else:
            self.column = max(0, self.column - 1)

    def _command(self, arguments, command):
        number = int(arguments) if arguments.isdigit() else 0
        if command == "A":
            self.row = max(0, self.row - max(1, number))
        elif command == "K" and number == 0:
            self.cells[self.row][self.column:] = [" "] * (self.columns - self.column)
        elif command == "J" and number == 0:
            self.cells[self.row][self.column:] = [" "] * (self.columns - self.column)
            for row in range(self.row + 1, self.rows):
                self.cells[row] = [" "] * self.columns
        elif command == "m":
            self.colours |= set(arguments.split(";"))
        elif arguments == "?7" and command in "lh":
            self.wrap = command == "h"
        else:
            self.unknown.add(arguments + command)

    def _down(self):
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.scrolled.append("".join(self.cells.pop(0)).rstrip())
        self.cells.append([" "] * self.columns)

    def _write(self, text):
        for sign in text:
            if unicodedata.combining(sign):
                continue
            if self.column >= self.columns:
                if self.wrap:
                    self.column = 0
                    self._down()
                else:
                    self.column = self.columns - 1
            self.cells[self.row][self.column] = sign
            self.column += 1

    def lines(self):
        """What is to be seen now."""
        shown = ["".join(row).rstrip() for row in self.cells]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def everything(self):
        """With what has scrolled away."""
        return self.scrolled + self.lines()
