//! The policy described for editors and people: its JSON schema, and `docs/policy.md`. Both are made from the types,
//! so that a key without documentation does not exist.

use std::borrow::Cow;
use std::fmt::Write as _;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{Edges, Policy, Rules, Switch, Thresholds};

/// The JSON schema of `pomona.toml`.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Policy);
    schema.insert("title".to_owned(), "pomona.toml".into());
    schema.to_value()
}

impl JsonSchema for Switch {
    fn schema_name() -> Cow<'static, str> {
        "Switch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let level = serde_json::json!({ "enum": ["off", "note", "warning", "error"] });
        json_schema!({
            "description": "The level of a rule: everywhere, or apart for what a change adds or edits.",
            "anyOf": [level, {
                "type": "object",
                "properties": { "level": level, "added": level },
                "additionalProperties": false,
            }],
        })
    }
}

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    /// Thresholds and rules are keys of one table.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Thresholds::json_schema(generator);
        schema.insert("additionalProperties".to_owned(), generator.subschema_for::<Switch>().to_value());
        schema
    }
}

impl JsonSchema for Edges {
    fn schema_name() -> Cow<'static, str> {
        "Edges".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let number = serde_json::json!({ "type": "integer", "minimum": 0 });
        json_schema!({ "anyOf": [number, { "type": "array", "items": number, "minItems": 2, "maxItems": 2 }] })
    }
}

/// `docs/policy.md`: every key with its type, default, meaning and an example.
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    let schema = schema();
    table(&mut text, &schema, &schema, "");
    text
}

const HEAD: &str = "\
# pomona.toml

The policy of a list. Every key is optional. `pomona init` writes a commented one with the JSON schema for editors, which
`pomona schema` prints. This page is made by `pomona schema --markdown`; a test compares the two.
";

/// The keys of one table, then the tables in it.
fn table(text: &mut String, root: &Value, schema: &Value, name: &str) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let (mut inner, mut written) = (Vec::new(), false);
    for (key, property) in properties {
        let resolved = resolve(root, property);
        let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        if resolved["properties"].is_object() {
            inner.push((path, property, resolved));
        } else {
            if !written {
                let title = if name.is_empty() { "Top level".to_owned() } else { format!("`[{name}]`") };
                let _ = write!(text, "\n## {title}\n");
                describe(text, schema);
                written = true;
            }
            entry(text, root, key, property);
            let (items, values) = (resolve(root, &resolved["items"]), resolve(root, &resolved["additionalProperties"]));
            if items["properties"].is_object() {
                inner.push((format!("[{path}]"), items, items));
            } else if values["properties"].is_object() {
                inner.push((format!("{path}.NAME"), values, values));
            }
        }
    }
    for (path, property, resolved) in inner {
        let mut own = resolved.clone();
        if property["description"].is_string() {
            own["description"] = property["description"].clone();
        }
        table(text, root, &own, &path);
    }
}

fn describe(text: &mut String, schema: &Value) {
    if let Some(description) = schema["description"].as_str() {
        let _ = write!(text, "\n{}\n", plain(description));
    }
}

/// One key: what it means, its type and default, and how it is written.
fn entry(text: &mut String, root: &Value, key: &str, property: &Value) {
    let resolved = resolve(root, property);
    let description = property["description"].as_str().or(resolved["description"].as_str()).unwrap_or_default();
    let _ = write!(text, "\n### `{key}`\n\n{}\n\n", plain(description));
    let _ = writeln!(text, "- Type: {}", kind(root, property));
    for (name, meaning) in choices(root, property) {
        let _ = writeln!(text, "  - `\"{name}\"`: {}", plain(&meaning));
    }
    let default = property.get("default").filter(|value| !value.is_null());
    match default {
        Some(value) => drop(writeln!(text, "- Default: `{}`", toml(value))),
        None => text.push_str("- Default: not set\n"),
    }
    let _ = writeln!(text, "- Example: `{key} = {}`", toml(&example(root, property)));
}

/// A description on one line, without links between types.
fn plain(description: &str) -> String {
    let joined = description.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.replace("[`", "`").replace("`]", "`")
}

/// The schema that a reference leads to, and the one that is not `null` of an optional key.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')) {
        return root.pointer(pointer).unwrap_or(schema);
    }
    let options = schema["anyOf"].as_array().filter(|options| options.iter().any(|option| option["type"] == "null"));
    let some = options.and_then(|options| options.iter().find(|option| option["type"] != "null"));
    some.map_or(schema, |option| resolve(root, option))
}

/// The names that an enumeration allows, with what each means.
fn choices(root: &Value, property: &Value) -> Vec<(String, String)> {
    let resolved = resolve(root, property);
    let of = if resolved["type"] == "array" { resolve(root, &resolved["items"]) } else { resolved };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let single = of["oneOf"].as_array().into_iter().flatten();
    let single = single.filter_map(|one| Some((text(&one["const"])?, text(&one["description"]).unwrap_or_default())));
    let plain = of["enum"].as_array().into_iter().flatten().filter_map(|one| Some((text(one)?, String::new())));
    single.chain(plain).collect()
}

/// The type of a key in words.
fn kind(root: &Value, property: &Value) -> String {
    let schema = resolve(root, property);
    if !choices(root, property).is_empty() && schema["type"] != "array" {
        return "one of".to_owned();
    }
    let name = match &schema["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default(),
        _ if schema["anyOf"][0]["type"] == "string" => {
            let kinds = schema["anyOf"].as_array().into_iter().flatten().map(|option| kind(root, option));
            return kinds.collect::<Vec<_>>().join(", or ");
        }
        _ => return "number, or two numbers".to_owned(),
    };
    match name {
        "integer" => "whole number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => format!("list of {}", plural(&kind(root, &schema["items"]))),
        "object" if schema["properties"].is_object() => "table".to_owned(),
        "object" => "table of your own keys".to_owned(),
        "string" if schema["pattern"].is_string() => {
            "duration: a whole number and `s`, `m`, `h`, `d` or `w`".to_owned()
        }
        other => other.to_owned(),
    }
}

fn plural(kind: &str) -> String {
    if kind == "one of" { kind.to_owned() } else { format!("{kind}s") }
}

/// A value that a person could write: the schema's own example, the default where it is not empty, else one of
/// the type.
fn example(root: &Value, property: &Value) -> Value {
    let schema = resolve(root, property);
    if let Some(given) = property["examples"].get(0).or(schema["examples"].get(0)) {
        return given.clone();
    }
    let default = &property["default"];
    let is_example =
        !default.is_null() && *default != Value::Array(Vec::new()) && *default != Value::Object(serde_json::Map::new());
    if is_example {
        return default.clone();
    }
    let first = choices(root, property).into_iter().next().map(|(name, _)| Value::from(name));
    match (first, kind(root, property).as_str()) {
        (Some(name), kind) if kind.starts_with("list") => Value::Array(vec![name]),
        (Some(name), _) => name,
        (None, "whole number" | "number" | "number, or two numbers") => 10.into(),
        (None, "table of your own keys") => serde_json::json!({ "name": "value" }),
        (None, kind) if kind.starts_with("list") => serde_json::json!(["name"]),
        (None, _) => "text".into(),
    }
}

/// A key as TOML spells it: bare where it may be.
fn bare(key: &str) -> String {
    let is_bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_bare { key.to_owned() } else { format!("{key:?}") }
}

/// A value as TOML spells it in one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{} = {}", bare(key), toml(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of every table of the schema, with its example.
    fn keys(schema: &Value, root: &Value, name: &str, found: &mut Vec<(String, Value)>) {
        for (key, property) in schema["properties"].as_object().unwrap() {
            let resolved = resolve(root, property);
            let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            if resolved["properties"].is_object() {
                keys(resolved, root, &path, found);
            } else {
                found.push((path, example(root, property)));
            }
        }
    }

    #[test]
    fn every_key_is_explained_and_its_example_is_read() {
        let schema = schema();
        let mut found = Vec::new();
        keys(&schema, &schema, "", &mut found);
        assert!(found.len() > 60, "{}", found.len());
        let page = reference();
        for (path, example) in found {
            let (table, key) = path.rsplit_once('.').unwrap_or(("", &path));
            assert!(page.contains(&format!("### `{key}`\n\n")), "{path} has no entry");
            assert!(!page.contains(&format!("### `{key}`\n\n\n")), "{path} has no meaning");
            let head = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
            let text = format!("{head}{key} = {}\n", toml(&example));
            let read = ::toml::from_str::<Policy>(&text);
            assert!(read.is_ok(), "{text}: {}", read.unwrap_err());
        }
    }

    #[test]
    fn the_default_policy_fits_its_schema() {
        let (schema, policy) = (schema(), serde_json::to_value(Policy::default()).unwrap());
        for (key, value) in policy.as_object().unwrap() {
            let property = &schema["properties"][key];
            assert!(property.is_object(), "`{key}` is not in the schema");
            for inner in value.as_object().into_iter().flat_map(serde_json::Map::keys) {
                let table = resolve(&schema, property);
                let is_known = table["properties"].get(inner).is_some() || table["additionalProperties"].is_object();
                assert!(is_known, "`{key}.{inner}` is not in the schema");
            }
        }
    }
}
