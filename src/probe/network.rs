//! The network as one probe: every target goes to the client that knows its host.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::forges::OtherForges;
use super::github::{Credentials, Identity};
use super::web::Web;
use super::{Event, Probe};
use crate::address::Target;

/// GitHub, the other forges, and every other page.
pub struct Network {
    /// One for each GitHub: github.com and the servers that the policy names.
    pub github: Vec<Credentials>,
    /// The other forges.
    pub forges: OtherForges,
    /// Pages, and every target that no API answers for.
    pub web: Arc<Web>,
}

impl Probe for Network {
    fn prepare(&mut self, known: BTreeMap<Target, Identity>) {
        let known = Arc::new(known);
        self.github.iter_mut().for_each(|github| github.remember(&known));
    }

    fn look(&self, targets: Vec<Target>) -> BoxStream<'_, Event> {
        let mut github: Vec<Vec<Target>> = vec![Vec::new(); self.github.len()];
        let (mut forges, mut pages) = (Vec::new(), Vec::new());
        for target in targets {
            if let Some(n) = self.github.iter().position(|github| github.answers_for(&target)) {
                github[n].push(target);
            } else if OtherForges::answers_for(&target) {
                forges.push(target);
            } else {
                pages.push(target);
            }
        }
        let hubs = self.github.iter().zip(github).filter(|(_, due)| !due.is_empty());
        let mut streams: Vec<BoxStream<'_, Event>> = hubs.map(|(github, due)| github.look(due)).collect();
        if !forges.is_empty() {
            streams.push(self.forges.look(forges));
        }
        if !pages.is_empty() {
            streams.push(self.web.look(pages));
        }
        stream::select_all(streams).boxed()
    }

    fn costs(&self, targets: &[Target]) -> Vec<String> {
        let plans = self.github.iter().map(|github| github.plan(targets));
        plans.filter(|plan| plan.names + plan.left_out > 0).map(|plan| format!("GitHub: {plan}")).collect()
    }
}
