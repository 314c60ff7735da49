//! The rules that a run itself reports: about the network, the APIs, the stored state and what is written.
//!
//! A new one is a row here; the page `docs/rules.md` is made from the rows (`pomona rules --markdown`).

use super::{RuleInfo, Scope, Setting};

macro_rules! notices {
    ($($name:ident = $id:literal, $level:ident, $summary:literal, $docs:literal;)*) => {
        $(
            #[doc = $summary]
            pub static $name: RuleInfo = RuleInfo {
                id: $id,
                summary: $summary,
                docs: $docs,
                scope: Scope::Run,
                level: Setting::$level,
                added: Setting::$level,
            };
        )*
        /// Every rule of this module, in the order of the page.
        pub static ALL: &[&RuleInfo] = &[$(&$name),*];
    };
}

notices! {
    DAMAGED_LINE = "damaged-line", WARNING, "a line of the ledger or the history is invalid",
        "The line is kept as it is and its target is checked anew. Repair it from the repository's history, or \
         remove it.";
    MASS_CHANGE = "mass-change", ERROR, "many known repositories failed or lost facts at once",
        "One bad answer of an API looks like this, and a list rarely does. The run ends with exit code 2 and writes \
         nothing; `[guard]` in the policy has the thresholds.";
    NETWORK_DOWN = "network-down", ERROR, "the network of this machine seems to be down",
        "Most hosts failed in the same way at the same time. The run ends with exit code 2 and no result of it is \
         stored.";
    TIME_BUDGET = "time-budget", WARNING, "the time budget ended before everything was checked",
        "What was seen is kept. The next run begins with the rest; `--max-time` sets the budget.";
    INTERRUPTED = "interrupted", WARNING, "the run was interrupted",
        "What was seen until then is reported and kept in the cache; nothing else is written, and the exit code is 2. The next \
         run asks for the rest.";
    LEDGER_EMPTY = "ledger-empty", WARNING, "the ledger has no records although the history has some",
        "`pomona.ledger.jsonl` was emptied or removed: since when links fail, what is dead and what was renamed is no longer \
         known. Restore it from the repository's history; without it the run starts anew.";
    OPEN_FILES = "open-files", WARNING, "the limit on open files of this machine was reached",
        "Each connection needs an open file. The run goes on with fewer connections at once, and no link fails for \
         it. Raise the limit (`ulimit -n 4096` in a shell, `LimitNOFILE=` for a service), or lower `--concurrency`.";
    INTERNAL_ERROR = "internal-error", ERROR, "this program failed while it looked at a link",
        "That is a defect of this program, not of the link: what is known of it is kept. Please report it with the \
         address.";
    GITHUB_NO_TOKEN = "github-no-token", WARNING, "GitHub's limit without a token was reached",
        "Without a token GitHub answers 60 requests an hour. Set `GITHUB_TOKEN` or `GH_TOKEN`, or run \
         `gh auth login`.";
    GITHUB_RATE_LIMITED = "github-rate-limited", WARNING, "GitHub's rate limit was reached",
        "What is known of the repositories that were not checked is kept. Run again after the limit resets, or \
         raise `--max-wait`.";
    GITHUB_BUDGET = "github-budget", NOTE, "GitHub's rate limit may not suffice for this run",
        "More requests are planned than points are left. The run goes on until the limit is reached.";
    GITHUB_TOKEN_REFUSED = "github-token-refused", WARNING, "GitHub refused the token",
        "It may have expired or been revoked. Set `GITHUB_TOKEN` to a valid one.";
    GITHUB_UNREACHABLE = "github-unreachable", WARNING, "GitHub's API does not answer",
        "Check the network, and `GITHUB_API_URL` and `GITHUB_GRAPHQL_URL` where they are set.";
    GITHUB_ALL_MISSING = "github-all-missing", WARNING, "GitHub knows none of the repositories that were checked",
        "A wrong `GITHUB_API_URL` or a proxy answers like this, so no repository is called dead.";
    GITHUB_INSECURE_API = "github-insecure-api", WARNING, "the address of GitHub's API is not encrypted",
        "A token sent over `http://` can be read on the way.";
    GITHUB_UNAVAILABLE = "github-unavailable", WARNING, "GitHub's API stopped answering during the run",
        "What is known of the repositories that were not checked is kept. Run again later.";
    FORGE_RATE_LIMITED = "forge-rate-limited", WARNING, "the rate limit of a Git host other than GitHub was reached",
        "What is known of the projects that were not checked is kept. Run again after the limit resets, or raise \
         `--max-wait`.";
    ARCHIVES_INCOMPLETE = "archives-incomplete", NOTE, "not every archived copy was looked for",
        "Archives limit requests, and each is left alone after its second refusal. What was found is kept, and a later \
         run asks for the rest.";
    STAR_HISTORY_INCOMPLETE = "star-history-incomplete", NOTE, "the stars before the first refresh were not all asked for",
        "GitHub is asked for them once a repository, within `[history] calls`. What was answered is kept, and a later run \
         asks for the rest.";
    LIST_SIZE = "list-size", WARNING, "the written list nears or exceeds the size that GitHub renders",
        "GitHub renders no Markdown file over 512 KB; from 400 KB on this is a note.";
    NOT_ARRANGED = "not-arranged", WARNING, "the entries were not arranged, because something would have been lost",
        "Before a list is written, every address and every word of the source is looked for in it. Where arranging \
         the entries would lose one, they keep their places and their form.";
    NO_DEAD_BLOCK = "no-dead-block", WARNING, "dead entries shall move into a block that the list does not have",
        "`[layout] removal = \"block\"` moves dead entries between `<!-- pomona:begin dead -->` and \
         `<!-- pomona:end dead -->`. In a list that is written in place a person chooses where that is; without it \
         they stay where they are.";
    DEAD_KEPT = "dead-kept", NOTE, "a dead entry cannot be moved into its block",
        "Items and table rows move, with all that belongs to them, where they have lines of their own and can bear a \
         note. A heading, a paragraph, raw HTML, a row of a table that is padded to one width, or an entry with living \
         ones nested in it stays where it is.";
    NEEDS_OUTPUT = "needs-output", WARNING, "a key of the layout has no effect on a list that is written in place",
        "Tables, details, medals, folded or hidden entries and added blocks change the form of a list, and that could \
         not be taken back from the only copy of it. They are for a list with an `output`: `pomona init --ranked` \
         makes one of a README.";
    UNKNOWN_BLOCK = "unknown-block", WARNING, "a block marker has an unknown name",
        "Pomona fills the blocks that it knows between `<!-- pomona:begin NAME -->` and its end, and leaves every \
         other as it is.";
    UNKNOWN_WORD = "unknown-word", WARNING, "the policy replaces a word that lists do not use",
        "`[layout.words]` replaces words of the written list by name. The name is misspelt.";
}
