//! Chance that is the same in every run.

/// A generator of numbers (xorshift).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// The number that came last.
    pub(crate) fn last(&self) -> u64 {
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    pub(crate) fn pick(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len())]
    }

    /// Octets with up to three damages: one changed, put in, left out, or a piece that stands elsewhere.
    pub(crate) fn damage(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut damaged = octets.to_vec();
        for _ in 0..=self.below(3) {
            let place = self.below(damaged.len());
            let octet = u8::try_from(self.below(256)).unwrap();
            match self.below(5) {
                0 => damaged[place] ^= 1 << (octet % 8),
                1 => damaged[place] = octet,
                2 => damaged.insert(place, octet),
                3 if damaged.len() > 1 => drop(damaged.remove(place)),
                _ => {
                    let length = self.below(octets.len().min(40));
                    let from = self.below(octets.len() - length);
                    damaged.splice(place..place, octets[from..from + length].iter().copied());
                }
            }
        }
        damaged
    }
}
