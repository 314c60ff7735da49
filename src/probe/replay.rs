//! Recorded answers, replayed. It sends nothing.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use jiff::Timestamp;

use super::{Event, Probe};
use crate::address::Target;
use crate::observation::{Failure, FailureClass, Observation, Seen};

/// Answers that were recorded, by target.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    looks: BTreeMap<Target, Vec<Observation>>,
    now: Timestamp,
}

impl Replay {
    /// Replays these answers. A target without one is reported, as of `now`, as [`FailureClass::NotRecorded`].
    pub fn new(looks: impl IntoIterator<Item = Observation>, now: Timestamp) -> Self {
        let mut replay = Self { looks: BTreeMap::new(), now };
        for look in looks {
            replay.looks.entry(look.target.clone()).or_default().push(look);
        }
        replay
    }
}

impl Probe for Replay {
    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        let answers = targets.into_iter().flat_map(|target| match self.looks.get(&target) {
            Some(looks) => looks.clone(),
            None => {
                vec![Observation { target, at: self.now, seen: Seen::Failed(Failure::of(FailureClass::NotRecorded)) }]
            }
        });
        stream::iter(answers.map(Event::Seen)).boxed()
    }
}
