//! What a command has to say to people: lines and tables, one after the other.

use super::table::Table;

#[derive(Debug, Clone)]
enum Part {
    Line(String),
    Table(Table),
}

/// Lines and tables in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page(Vec<Part>);

impl Page {
    /// An empty page.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a line, which must not hold words of others.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.0.push(Part::Line(line.into()));
        self
    }

    /// Adds a table.
    pub(crate) fn table(mut self, table: Table) -> Self {
        self.0.push(Part::Table(table));
        self
    }

    /// Adds a table under a line, unless it has no rows.
    pub(crate) fn table_under(self, line: &str, table: Table) -> Self {
        if table.count() == 0 { self } else { self.line("").line(line).table(table) }
    }

    /// Adds another page.
    pub(crate) fn page(mut self, page: Self) -> Self {
        self.0.extend(page.0);
        self
    }

    /// The page's lines.
    pub(crate) fn text(&self, colors: bool) -> String {
        let part = |part: &Part| match part {
            Part::Line(line) => format!("{line}\n"),
            Part::Table(table) => table.text(colors),
        };
        self.0.iter().map(part).collect()
    }
}

impl From<Table> for Page {
    fn from(table: Table) -> Self {
        Self::new().table(table)
    }
}
