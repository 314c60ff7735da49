//! What GitHub shows to everybody about the person who submits a change: one question.

use std::fmt::Write as _;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{GitHub, batch_response};
use crate::probe::api::day;

/// The most organizations that are asked for: those of one change are few.
const ORGANIZATION_CAPACITY: usize = 50;

/// A person at GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The day on which the account was created.
    pub created: Option<Date>,
    /// Those of the organizations that were asked for of which the person is a member, as far as everybody can see it.
    pub organizations: Vec<String>,
}

impl GitHub {
    /// Asks for the person of this login and for the membership in these organizations. None without a token, and where
    /// GitHub does not answer.
    pub async fn person(&self, login: &str, organizations: &[String]) -> Option<Person> {
        self.settings.token.as_ref()?;
        let named: Vec<&String> = organizations.iter().take(ORGANIZATION_CAPACITY).collect();
        let response = self.transport.graphql(&query(login, &named)).await.ok()?;
        let mut data = batch_response::data(&response)?;
        let Some(Value::Object(user)) = data.remove("user") else { return None };
        let is_member = |n: usize| user.get(&alias(n)).is_some_and(Value::is_object);
        Some(Person {
            created: user.get("createdAt").and_then(Value::as_str).and_then(day),
            organizations: named.iter().enumerate().filter(|(n, _)| is_member(*n)).map(|(_, o)| (*o).clone()).collect(),
        })
    }
}

fn alias(n: usize) -> String {
    format!("m{n}")
}

/// The document and its variables. `User.organization` is null where the person is no member that everybody can see.
fn query(login: &str, organizations: &[&String]) -> Value {
    let (mut heads, mut fields) = ("$login:String!".to_owned(), String::new());
    let mut variables = Map::from_iter([("login".to_owned(), json!(login))]);
    for (n, organization) in organizations.iter().enumerate() {
        let alias = alias(n);
        let _ = write!(heads, " ${alias}:String!");
        let _ = write!(fields, " {alias}:organization(login:${alias}){{login}}");
        variables.insert(alias, json!(organization));
    }
    json!({ "query": format!("query({heads}){{user(login:$login){{createdAt{fields}}}}}"), "variables": variables })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::github::{GitHubSettings, Token};
    use crate::probe::loopback::{Loopback, canned};

    async fn ask(answer: &'static str, token: Option<Token>) -> (Option<Person>, Loopback) {
        let server = Loopback::serve(move |_| canned(200, &[], answer));
        let settings = GitHubSettings {
            api_url: server.url.clone(),
            graphql_url: format!("{}/graphql", server.url),
            token,
            allow_private: true,
            ..GitHubSettings::default()
        };
        let github = GitHub::new(settings).unwrap();
        let person = github.person("octocat", &["zed".to_owned(), "rival".to_owned()]).await;
        (person, server)
    }

    #[tokio::test]
    async fn age_and_public_memberships_are_one_question() {
        let answer = r#"{"data":{"user":{"createdAt":"2011-01-25T18:44:36Z","m0":{"login":"zed"},"m1":null}},
            "errors":[{"type":"NOT_FOUND","path":["user","m1"],"message":"no"}]}"#;
        let (person, server) = ask(answer, Token::new("gho_test")).await;
        let expected = Person { created: Some("2011-01-25".parse().unwrap()), organizations: vec!["zed".to_owned()] };
        assert_eq!(person, Some(expected));
        let requests = server.seen();
        assert_eq!(requests.len(), 1);
        let body: Value = serde_json::from_str(&requests[0].body).unwrap();
        assert_eq!(
            body["query"],
            "query($login:String! $m0:String! $m1:String!){user(login:$login){createdAt \
             m0:organization(login:$m0){login} m1:organization(login:$m1){login}}}"
        );
        assert_eq!(body["variables"], json!({"login": "octocat", "m0": "zed", "m1": "rival"}));
    }

    #[tokio::test]
    async fn without_a_token_or_an_account_nothing_is_known() {
        let (person, server) = ask("{}", None).await;
        assert_eq!((person, server.seen().len()), (None, 0));
        assert_eq!(ask(r#"{"data":{"user":null}}"#, Token::new("gho_test")).await.0, None);
    }
}
