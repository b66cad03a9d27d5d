//! Tables: columns a few spaces apart, one line for each row, so that `grep` and `cut` go well with them.

use super::text::visible;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table as Columns, presets};

/// What a word means to whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Notable,
    /// Not to be trusted.
    Bad,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Word {
    text: String,
    tone: Tone,
}

impl<T: AsRef<str>> From<T> for Word {
    fn from(text: T) -> Self {
        Self { text: visible(text.as_ref()), tone: Tone::Plain }
    }
}

impl Word {
    /// A word with a tone.
    pub(crate) fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { tone, ..text.into() }
    }

    /// "revoked" in its tone, or nothing.
    pub(crate) fn revoked(is_revoked: bool) -> Self {
        if is_revoked { Self::toned("revoked", Tone::Bad) } else { Self::default() }
    }

    fn cell(&self) -> Cell {
        let cell = Cell::new(&self.text);
        match self.tone {
            Tone::Plain => cell,
            Tone::Good => cell.fg(Color::Green),
            Tone::Notable => cell.fg(Color::Yellow),
            Tone::Bad => cell.fg(Color::Red),
        }
    }
}

/// A table with or without headings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Word>>,
}

impl Table {
    /// A table with a heading for each column.
    pub(crate) fn new(headings: impl IntoIterator<Item = &'static str>) -> Self {
        Self { headings: headings.into_iter().collect(), rows: Vec::new() }
    }

    /// What is known of one thing: a name and a value in each row.
    pub(crate) fn facts() -> Self {
        Self::default()
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, row: [Word; N]) {
        self.rows.push(row.into());
    }

    /// Adds a fact.
    pub(crate) fn fact(&mut self, name: &str, value: impl Into<Word>) {
        self.row([name.into(), value.into()]);
    }

    /// Adds a fact that may be absent.
    pub(crate) fn fact_if(&mut self, name: &str, value: Option<impl Into<Word>>) {
        if let Some(value) = value {
            self.fact(name, value);
        }
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The table's lines.
    pub(crate) fn text(&self, colors: bool) -> String {
        let mut columns = Columns::new();
        columns.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if colors {
            columns.enforce_styling();
        } else {
            columns.force_no_tty();
        }
        if !self.headings.is_empty() {
            columns
                .set_header(self.headings.iter().map(|text| Cell::new(text).add_attribute(Attribute::Bold)));
        }
        for row in &self.rows {
            columns.add_row(row.iter().map(Word::cell));
        }
        for column in columns.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let mut text = String::new();
        for line in columns.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["NAME", "STATUS"]);
        table.row(["a".into(), Word::toned("Active", Tone::Good)]);
        table.row(["longer".into(), Word::revoked(true)]);
        table.row(["x\u{1b}[31m".into(), Word::revoked(false)]);
        table
    }

    #[test]
    fn tables_are_plain_lines() {
        assert_eq!(
            table().text(false),
            "NAME         STATUS\na            Active\nlonger       revoked\nx\\u{1b}[31m\n"
        );
    }

    #[test]
    fn colours_change_nothing_else() {
        let colored = table().text(true);
        assert!(colored.contains("\u{1b}["), "{colored:?}");
        let mut plain = String::new();
        for (at, part) in colored.split("\u{1b}[").enumerate() {
            plain.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&plain), trimmed(&table().text(false)));
    }

    #[test]
    fn long_rows_are_not_broken() {
        let mut facts = Table::facts();
        facts.fact("reason", "word ".repeat(100).trim_end());
        facts.fact_if("absent", None::<&str>);
        assert_eq!(facts.text(false).lines().count(), 1);
    }
}
