//! The figures that a row asks for.

use std::fmt;

/// A figure of a week that a row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Minutes of valid sessions.
    Minutes,
    /// Valid days.
    ValidDays,
    /// Diamonds by gifts.
    GiftDiamonds,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minutes, Self::ValidDays, Self::GiftDiamonds];

    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::ValidDays => "valid_days",
            Self::GiftDiamonds => "gift_diamonds",
        }
    }

    /// The figure with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.word() == word)
    }
}

/// Some of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FigureSet {
    /// Whether minutes are among them.
    pub minutes: bool,
    /// Whether valid days are.
    pub valid_days: bool,
    /// Whether gift diamonds are.
    pub gift_diamonds: bool,
}

impl FigureSet {
    /// None of them.
    pub const NONE: Self = Self { minutes: false, valid_days: false, gift_diamonds: false };

    /// Whether a figure is among them.
    #[must_use]
    pub const fn contains(self, figure: Figure) -> bool {
        match figure {
            Figure::Minutes => self.minutes,
            Figure::ValidDays => self.valid_days,
            Figure::GiftDiamonds => self.gift_diamonds,
        }
    }

    /// These, and one more.
    #[must_use]
    pub const fn with(mut self, figure: Figure) -> Self {
        match figure {
            Figure::Minutes => self.minutes = true,
            Figure::ValidDays => self.valid_days = true,
            Figure::GiftDiamonds => self.gift_diamonds = true,
        }
        self
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Whether all of these are among `others`.
    #[must_use]
    pub fn is_within(self, others: Self) -> bool {
        self.figures().all(|figure| others.contains(figure))
    }

    /// They one by one, always in the same order.
    pub fn figures(self) -> impl Iterator<Item = Figure> {
        Figure::ALL.into_iter().filter(move |figure| self.contains(*figure))
    }
}

impl fmt::Display for FigureSet {
    /// Their words, joined by `+`; `-` when there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        for (place, figure) in self.figures().enumerate() {
            write!(f, "{}{}", if place == 0 { "" } else { "+" }, figure.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_one_word_each_and_sets_are_told_in_one_order() {
        for figure in Figure::ALL {
            assert_eq!(Figure::parse(figure.word()), Some(figure));
        }
        assert_eq!(Figure::parse("hours"), None);
        let days_and_minutes = FigureSet::NONE.with(Figure::ValidDays).with(Figure::Minutes);
        assert_eq!(
            (days_and_minutes.to_string(), FigureSet::NONE.to_string()),
            ("minutes+valid_days".into(), "-".into())
        );
        assert!(FigureSet::NONE.is_within(days_and_minutes) && days_and_minutes.is_within(days_and_minutes));
        assert!(!days_and_minutes.is_within(FigureSet::NONE.with(Figure::Minutes)));
    }
}
