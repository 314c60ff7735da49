//! The structure that `src/lib.rs` describes: the order of the modules, what the domain may use, and sizes. Whole files
//! are read; only items under `#[cfg(test)]` are left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The last module of the domain; those declared after it are edges and program.
const LAST_OF_DOMAIN: &str = "plan";
/// Crates and parts of the standard library that the domain must not use: clock, files, network, terminal, command line.
const OUTSIDE: [&str; 12] = [
    "tokio",
    "reqwest",
    "octocrab",
    "hyper",
    "hyper_util",
    "rustls",
    "hickory_resolver",
    "clap",
    "rustix",
    "tempfile",
    "indicatif",
    "std::fs",
];
/// The modules that may name clap: the command line, and what prints completions and manual pages.
const MAY_NAME_CLAP: [&str; 2] = ["cli", "commands::packaging"];
/// Lines of code in a file, comments and tests aside.
const FILE_LIMIT: usize = 400;
/// Lines of a function's body.
const FUNCTION_LIMIT: usize = 60;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A file that belongs to the program, as parsed.
struct Module {
    file: PathBuf,
    /// `probe::web`; the root is empty.
    name: String,
    text: String,
    parsed: syn::File,
}

impl Module {
    fn top(&self) -> &str {
        self.name.split("::").next().unwrap_or_default()
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let tokens = match &attribute.meta {
            syn::Meta::List(list) if attribute.path().is_ident("cfg") => list.tokens.to_string(),
            _ => return false,
        };
        tokens == "test" || tokens.starts_with("all (test ,") || tokens.starts_with("all(test,")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Every module that is reached from `file` by `mod` declarations, and every file that only tests use.
fn walk(file: &Path, name: &str, found: &mut Vec<Module>, tests: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let folder = match file.file_stem().unwrap().to_str().unwrap() {
        "mod" | "lib" | "main" => file.parent().unwrap().to_owned(),
        stem => file.parent().unwrap().join(stem),
    };
    let children: Vec<(String, bool)> = parsed
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) if module.content.is_none() => Some((module.ident.to_string(), is_test(&module.attrs))),
            _ => None,
        })
        .collect();
    found.push(Module { file: file.to_owned(), name: name.to_owned(), text, parsed });
    for (child, only_tests) in children {
        let path = [folder.join(format!("{child}.rs")), folder.join(&child).join("mod.rs")];
        let path = path.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no file of `{child}`"));
        if only_tests {
            tests.insert(path);
        } else {
            walk(&path, format!("{name}::{child}").trim_start_matches("::"), found, tests);
        }
    }
}

fn modules() -> (Vec<Module>, BTreeSet<PathBuf>) {
    let (mut found, mut tests) = (Vec::new(), BTreeSet::new());
    walk(&source().join("lib.rs"), "", &mut found, &mut tests);
    (found, tests)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// The paths that the code of a file names, as `crate::probe::web`.
#[derive(Default)]
struct Names {
    paths: BTreeSet<String>,
}

impl Names {
    fn use_tree(&mut self, tree: &UseTree, before: &str) {
        let join = |name: String| if before.is_empty() { name } else { format!("{before}::{name}") };
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, &join(path.ident.to_string())),
            UseTree::Name(name) => drop(self.paths.insert(join(name.ident.to_string()))),
            UseTree::Rename(name) => drop(self.paths.insert(join(name.ident.to_string()))),
            UseTree::Glob(_) => drop(self.paths.insert(before.to_owned())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, before)),
        }
    }

    /// Paths in the tokens of a macro: names with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.is_empty() || path.ends_with("::") => path += &name.to_string(),
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => path.push(':'),
                other => {
                    self.paths.insert(std::mem::take(&mut path).trim_end_matches(':').to_owned());
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Ident(name) => path = name.to_string(),
                        _ => {}
                    }
                }
            }
        }
        self.paths.insert(path.trim_end_matches(':').to_owned());
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, "");
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.insert(names.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.tokens(found.tokens.clone());
        visit::visit_macro(self, found);
    }
}

fn names(module: &Module) -> BTreeSet<String> {
    let mut names = Names::default();
    names.visit_file(&module.parsed);
    names.paths
}

/// The modules in the order in which `src/lib.rs` declares them.
fn order(modules: &[Module]) -> Vec<String> {
    let declared = modules[0].parsed.items.iter();
    declared
        .filter_map(|item| if let Item::Mod(module) = item { Some(module.ident.to_string()) } else { None })
        .collect()
}

#[test]
fn every_file_belongs_to_a_module() {
    let (found, tests) = modules();
    let known: BTreeSet<PathBuf> = found.into_iter().map(|module| module.file).chain(tests).collect();
    let unknown: Vec<PathBuf> =
        files(&source()).into_iter().filter(|file| !known.contains(file) && !file.ends_with("main.rs")).collect();
    assert!(unknown.is_empty(), "no `mod` names these files: {unknown:?}");
}

#[test]
fn modules_name_only_modules_declared_before_them() {
    let (found, _) = modules();
    let order = order(&found);
    let place = |name: &str| order.iter().position(|module| module == name);
    let domain = place(LAST_OF_DOMAIN).unwrap();
    let mut wrong = Vec::new();
    for module in found.iter().filter(|module| !module.name.is_empty()) {
        let own = place(module.top()).unwrap();
        for path in names(module) {
            if let Some(named) = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next())
                && place(named).is_none_or(|other| other > own)
            {
                wrong.push(format!("{}: names `{named}`, which is declared later", module.name));
            }
            let is = |outside: &str| path == outside || path.starts_with(&format!("{outside}::"));
            if own <= domain && OUTSIDE.into_iter().any(is) {
                wrong.push(format!("{}: the domain uses `{path}`", module.name));
            }
            let may = |name: &str| module.name == name || module.name.starts_with(&format!("{name}::"));
            if is("clap") && !MAY_NAME_CLAP.into_iter().any(may) {
                wrong.push(format!("{}: uses `{path}`", module.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines and long functions of a file, without its tests.
#[derive(Default)]
struct Sizes {
    tests: Vec<(usize, usize)>,
    long: Vec<String>,
}

impl Sizes {
    fn function(&mut self, name: &syn::Ident, block: &syn::Block) {
        let span = block.span();
        let lines = span.end().line - span.start().line + 1;
        if lines > FUNCTION_LIMIT {
            self.long.push(format!("`{name}` has {lines} lines"));
        }
    }
}

impl<'ast> Visit<'ast> for Sizes {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            self.tests.push((item.span().start().line, item.span().end().line));
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let mut wrong = Vec::new();
    for module in modules().0 {
        let mut sizes = Sizes::default();
        sizes.visit_file(&module.parsed);
        let in_tests = |line: usize| sizes.tests.iter().any(|(first, last)| (*first..=*last).contains(&line));
        let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let code = module.text.lines().zip(1..).filter(|(line, n)| is_code(line) && !in_tests(*n)).count();
        let file = module.file.strip_prefix(source()).unwrap().display().to_string();
        if code > FILE_LIMIT {
            wrong.push(format!("{file}: {code} lines of code, at most {FILE_LIMIT}"));
        }
        wrong.extend(sizes.long.into_iter().map(|long| format!("{file}: {long}, at most {FUNCTION_LIMIT}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn code_after_a_test_item_and_in_macros_is_read() {
    let text = "#[cfg(test)]\nuse crate::hidden::x;\nuse crate::{a::b, c};\nfn f() { crate::d::g(); println!(\"{}\", crate::e::h()); }";
    let module = Module {
        file: PathBuf::new(),
        name: String::new(),
        text: text.to_owned(),
        parsed: syn::parse_file(text).unwrap(),
    };
    let found = names(&module);
    for path in ["crate::a::b", "crate::c", "crate::d::g", "crate::e::h"] {
        assert!(found.contains(path), "{path}: {found:?}");
    }
    assert!(!found.iter().any(|path| path.contains("hidden")), "{found:?}");
}
