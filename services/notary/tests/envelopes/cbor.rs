//! CBOR, read strictly and written as told: the reader refuses what the writer can do wrong.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Map(Vec<(Item, Item)>),
    Tag(u8, Box<Item>),
    /// Octets that are written as they stand; never read.
    Raw(Vec<u8>),
}

impl From<&str> for Item {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Item {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Reads one value and nothing after it, in core deterministic encoding (RFC 8949 section 4.2.1) and without the
/// types that no envelope holds.
pub(crate) fn read(bytes: &[u8]) -> Result<Item, &'static str> {
    let mut reader = Reader(bytes);
    let item = reader.item()?;
    if reader.0.is_empty() { Ok(item) } else { Err("octets follow") }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u64), &'static str> {
        let initial = self.take(1)?[0];
        let information = initial & 31;
        let (argument, least) = match information {
            0..=23 => (u64::from(information), 0),
            24 => (self.number(1)?, 24),
            25 => (self.number(2)?, 1 << 8),
            26 => (self.number(4)?, 1 << 16),
            27 => (self.number(8)?, 1 << 32),
            31 => return Err("a length is indefinite"),
            _ => return Err("a head is reserved"),
        };
        if argument < least { Err("a head is longer than it need be") } else { Ok((initial >> 5, argument)) }
    }

    fn number(&mut self, octets: usize) -> Result<u64, &'static str> {
        Ok(self.take(octets)?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    fn item(&mut self) -> Result<Item, &'static str> {
        let (major, argument) = self.head()?;
        let length = usize::try_from(argument).map_err(|_| "a length is out of range")?;
        Ok(match major {
            0 | 1 => {
                let number = i64::try_from(argument).map_err(|_| "an integer is out of range")?;
                Item::Int(if major == 0 { number } else { -1 - number })
            }
            2 => Item::Bytes(self.take(length)?.to_vec()),
            3 => {
                Item::Text(String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a text is not UTF-8")?)
            }
            4 => Item::Array((0..length).map(|_| self.item()).collect::<Result<_, _>>()?),
            5 => Item::Map(self.pairs(length)?),
            6 => Item::Tag(u8::try_from(argument).map_err(|_| "a tag is strange")?, Box::new(self.item()?)),
            _ => return Err("a value is a float or simple"),
        })
    }

    fn pairs(&mut self, count: usize) -> Result<Vec<(Item, Item)>, &'static str> {
        let mut pairs = Vec::new();
        let mut last = Vec::new();
        for _ in 0..count {
            let before = self.0;
            let key = self.item()?;
            let encoded = before[..before.len() - self.0.len()].to_vec();
            match encoded.cmp(&last) {
                std::cmp::Ordering::Less => return Err("a map is out of order"),
                std::cmp::Ordering::Equal => return Err("a map holds a key twice"),
                std::cmp::Ordering::Greater => last = encoded,
            }
            pairs.push((key, self.item()?));
        }
        Ok(pairs)
    }
}

/// Writes a value, right or wrong, with the shortest heads.
pub(crate) fn write(item: &Item) -> Vec<u8> {
    match item {
        Item::Int(number) if *number < 0 => head(1, u64::try_from(-1 - number).unwrap()),
        Item::Int(number) => head(0, u64::try_from(*number).unwrap()),
        Item::Bytes(bytes) => [head(2, bytes.len() as u64), bytes.clone()].concat(),
        Item::Text(text) => [head(3, text.len() as u64), text.clone().into_bytes()].concat(),
        Item::Array(items) => [head(4, items.len() as u64), items.iter().flat_map(write).collect()].concat(),
        Item::Map(pairs) => {
            let pairs_encoded = pairs.iter().flat_map(|(key, value)| [write(key), write(value)]).flatten();
            [head(5, pairs.len() as u64), pairs_encoded.collect()].concat()
        }
        Item::Tag(number, item) => [head(6, u64::from(*number)), write(item)].concat(),
        Item::Raw(bytes) => bytes.clone(),
    }
}

fn head(major: u8, argument: u64) -> Vec<u8> {
    let octets = argument.to_be_bytes();
    let (information, from) = match argument {
        0..=23 => (octets[7], 8),
        24..=0xff => (24, 7),
        0x100..=0xffff => (25, 6),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 0),
    };
    [&[major << 5 | information], &octets[from..]].concat()
}

#[test]
fn the_reader_refuses_what_is_not_deterministic() {
    for (bytes, reason) in [
        (vec![0x18, 23], "a head is longer than it need be"),
        (vec![0x5f, 0x41, 0, 0xff], "a length is indefinite"),
        (vec![0xa2, 1, 1, 1, 2], "a map holds a key twice"),
        (vec![0xa2, 2, 1, 1, 2], "a map is out of order"),
        (vec![0xf6], "a value is a float or simple"),
        (vec![0x82, 0], "it ends too early"),
        (vec![0, 0], "octets follow"),
        (vec![0x1c], "a head is reserved"),
        (vec![0x61, 0xff], "a text is not UTF-8"),
    ] {
        assert_eq!(read(&bytes), Err(reason), "{bytes:?}");
    }
}
