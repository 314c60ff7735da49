use super::*;
use crate::finding::Level;
use crate::ledger::{Growth, GrowthSource, History, Moved, Point, Streak};
use crate::observation::FailureClass;
use crate::policy::{Language, Order, Style};
use crate::ranked_list::sample::{World, day};
use proptest::prelude::*;

const SOURCE: &str = "# 人工智能\n\n## 神经网络\n#### YOLO\n- https://github.com/ultralytics/yolov5\n- https://github.com/ultralytics/ultralytics\n#### 大语言模型（LLM）\n- https://github.com/ggerganov/llama.cpp\n- [ChatGLM](https://github.com/thudm/chatglm3) - 开源双语对话语言模型\n- https://github.com/nobody/knows\n- https://github.com/was/here\n## 空的\n#### 也空\n## 学习资料\n- https://zh-v2.d2l.ai\n- [上面](#yolo)\n";

/// The blocks of the lists in these tests.
const BLOCKS: [Block; 4] = [Block::Contents, Block::Trending, Block::New, Block::Dead];

fn chinese() -> World {
    let mut world = World::new(
        SOURCE,
        &[
            ("github:ultralytics/ultralytics", 51_234, "2026-11-02"),
            ("github:ultralytics/yolov5", 56_000, "2026-02-02"),
            ("github:ggerganov/llama.cpp", 92_345, "2026-11-02"),
            ("github:thudm/chatglm3", 13_700, "2025-01-13"),
            ("github:was/here", 900, "2024-01-13"),
        ],
    );
    world.policy.language = Language::new("zh");
    world.policy.layout.blocks = BLOCKS.to_vec();
    let name = |world: &mut World, target: &str, name: &str, says: &str| {
        let record = world.record(target);
        record.facts.name = Some(name.to_owned());
        record.facts.description = Some(Some(says.to_owned()));
    };
    name(&mut world, "github:ultralytics/ultralytics", "ultralytics/ultralytics", "Ultralytics YOLO 🚀");
    name(&mut world, "github:ultralytics/yolov5", "ultralytics/yolov5", "YOLOv5 in PyTorch > ONNX > CoreML > TFLite");
    name(&mut world, "github:ggerganov/llama.cpp", "ggml-org/llama.cpp", "LLM inference in C/C++");
    world.record("github:ggerganov/llama.cpp").moved =
        Some(Moved { to: "https://github.com/ggml-org/llama.cpp".to_owned(), since: day("2025-03-01") });
    world.record("github:thudm/chatglm3").facts.archived = Some(true);
    world.record("github:was/here").failing =
        Some(Box::new(Streak::confirmed(FailureClass::GithubNotFound, "2026-10-03T05:00:00Z")));
    world
}

fn text(world: &World) -> String {
    let rendered = render(&world.ranked(), &world.policy.layout, None).unwrap();
    assert_eq!(rendered.findings, Vec::new());
    rendered.text
}

#[test]
fn a_chinese_list_looks_like_this() {
    let expected = "\
<!-- 由 Pomona 根据 list.md 生成，请修改该文件，不要修改本文件。 -->

# 人工智能

3 个分类，4 个项目，2 个链接 · 共 214k 星 · 数据截至 2026-11

## 目录

- [神经网络](#神经网络) (5)
  - [YOLO](#yolo) (2)
  - [大语言模型（LLM）](#大语言模型llm) (3)
- [学习资料](#学习资料) (1)
- [已失效](#已失效)

## 神经网络

### YOLO

- [ultralytics/ultralytics](https://github.com/ultralytics/ultralytics) ⭐ 51.2k · Rust · MIT — Ultralytics YOLO 🚀
- [ultralytics/yolov5](https://github.com/ultralytics/yolov5) ⭐ 56k · Rust · MIT — YOLOv5 in PyTorch &gt; ONNX &gt; CoreML &gt; TFLite

### 大语言模型（LLM）

- [ggml-org/llama.cpp](https://github.com/ggml-org/llama.cpp) ⭐ 92.3k · Rust · MIT — LLM inference in C/C++
- [ChatGLM](https://github.com/thudm/chatglm3) ⭐ 13.7k · Rust · MIT · 📦 已归档 — 开源双语对话语言模型
- [nobody/knows](https://github.com/nobody/knows)

## 学习资料

- [zh-v2.d2l.ai](https://zh-v2.d2l.ai)

## 已失效

<details>
<summary>1 个失效链接</summary>

- [was/here](https://github.com/was/here) — GitHub 上不存在，自 2026-10-03 (大语言模型（LLM）)

</details>

---

<sub>🟢 3 个月内有提交 · 🟡 放缓 · 🔴 超过 12 个月没有提交 · 📦 已归档<br>按 Pomona 公式 2 排序：星标、增长、活跃度、发布和许可证；数据截至 2026-11。</sub>
";
    assert_eq!(text(&chinese()), expected);
}

#[test]
fn the_same_is_rendered_each_time_and_with_itself_as_the_list_before() {
    let mut world = chinese();
    let first = text(&world);
    for _ in 0..10 {
        assert_eq!(text(&world), first);
    }
    world.written(&first);
    assert_eq!(text(&world), first);
}

#[test]
fn the_list_before_keeps_its_order_within_the_dead_band() {
    let mut world = World::new(
        "# L\n## S\n- https://github.com/a/a\n- https://github.com/a/b\n",
        &[("github:a/a", 1000, "2026-11-01"), ("github:a/b", 1100, "2026-11-01")],
    );
    let order = |text: &str| text.find("[a/b]").unwrap() < text.find("[a/a]").unwrap();
    let first = text(&world);
    assert!(order(&first));
    world.written(&first);
    world.record("github:a/a").facts.stars = Some(1200);
    assert!(order(&text(&world)), "a lead of less than two points");
    world.record("github:a/a").facts.stars = Some(3000);
    assert!(!order(&text(&world)), "a clear lead");
}

#[test]
fn layouts_differ_in_their_lines() {
    let mut world = chinese();
    world.policy.layout.style = Style::Table;
    world.policy.layout.medals = true;
    let table = text(&world);
    assert!(table.contains("| 🥇 [ultralytics/ultralytics](https://github.com/ultralytics/ultralytics) | ⭐ 51.2k | Rust | MIT |  | Ultralytics YOLO 🚀 |\n"), "{table}");
    assert!(table.contains("| :-- | --: |"), "{table}");
    world.policy.layout.style = Style::Details;
    let details = text(&world);
    assert!(details.contains("⭐ 51.2k · Rust · MIT\n  <details><summary>简介</summary>\n\n  Ultralytics YOLO 🚀\n\n  popularity 51,234 stars"), "{details}");
    world.policy.layout.style = Style::Bullets;
    world.policy.layout.top = Some(1);
    let folded = text(&world);
    assert!(folded.contains("<details>\n<summary>其余 2 个</summary>\n\n- 🥈 [ChatGLM]"), "{folded}");
    world.policy.layout.order = Some(Order::Stars);
    assert!(text(&world).contains("### YOLO\n\n- 🥇 [ultralytics/yolov5]"));
}

#[test]
fn a_section_may_differ_from_the_list() {
    let mut world = chinese();
    let layout =
        toml::from_str("[sections.YOLO]\norder = 'stars'\ntop = 1\n[sections.'学习资料']\nhidden = true").unwrap();
    world.policy.layout = layout;
    let list = text(&world);
    assert!(list.contains("### YOLO\n\n- [ultralytics/yolov5]"), "{list}");
    assert!(list.contains("其余 1 个") && !list.contains("学习资料"), "{list}");
}

#[test]
fn nothing_that_a_stranger_wrote_leaves_its_slot() {
    const HOSTILE: &str =
        "x](https://evil.example) | `c` <script>\n\n# h\n- @all #1 \u{202e}www.evil.example --> {{ 7 * 7 }}";
    let mut world = World::new(
        "# L\n## S\n- https://github.com/a/a\n- [t](https://github.com/a/b)\n- https://x.org/\n",
        &[("github:a/a", 1000, "2026-11-01"), ("github:a/b", 1100, "2026-11-01"), ("https://x.org/", 0, "2026-11-01")],
    );
    world.policy.layout.blocks = BLOCKS.to_vec();
    for target in ["github:a/a", "github:a/b"] {
        let record = world.record(target);
        record.facts.name = Some(HOSTILE.to_owned());
        record.facts.description = Some(Some(HOSTILE.to_owned()));
        record.facts.language = Some(Some(HOSTILE.to_owned()));
        record.facts.licence = Some(Some(HOSTILE.to_owned()));
    }
    world.record("github:a/b").moved = Some(Moved { to: "https://e.x/) [a](b".to_owned(), since: day("2026-01-01") });
    let page = world.record("https://x.org/");
    page.facts = crate::observation::SharedFacts::default();
    page.title = Some(HOSTILE.to_owned());
    for style in [Style::Bullets, Style::Table, Style::Details] {
        world.policy.layout.style = style;
        let list = text(&world);
        for sign in ["<script", "](https://evil", "://evil", "\n# h", "\u{202e}", " www.evil", " `c`"] {
            let written = list.matches(sign).count();
            assert_eq!(written, 0, "{sign} in {list}");
        }
        assert_eq!(list.lines().filter(|line| line.starts_with('#')).count(), 3, "{list}");
        assert!(list.contains("{{ 7 \\* 7 }}"), "{list}");
    }
}

#[test]
fn a_list_that_is_too_large_is_reported() {
    let mut world = chinese();
    let length = text(&world).len();
    for (limit, level) in [(length - 1, Some(Level::Warning)), (length, Some(Level::Note)), (length * 2, None)] {
        world.policy.layout.size_limit = limit;
        let rendered = render(&world.ranked(), &world.policy.layout, None).unwrap();
        assert_eq!(rendered.findings.first().map(|finding| finding.level), level, "{limit}");
    }
}

#[test]
fn a_template_of_ones_own_gets_escaped_text_and_its_errors_have_a_line() {
    let world = chinese();
    let own = "{% for section in list.sections %}\n{{ section.title }}: {{ section.rows | length }}\n{% endfor %}";
    let rendered = render(&world.ranked(), &world.policy.layout, Some(own)).unwrap();
    assert_eq!(rendered.text, "神经网络: 0\nYOLO: 2\n大语言模型（LLM）: 3\n学习资料: 1\n");
    let broken = render(&world.ranked(), &world.policy.layout, Some("a\n{% if %}")).unwrap_err();
    assert_eq!(broken.line, 2, "{broken}");
}

#[test]
fn blocks_tell_who_grows_and_who_is_new() {
    let mut world = World::new(
        "# L\n## S\n- https://github.com/a/a\n- https://github.com/a/b\n- https://github.com/a/c\n",
        &[("github:a/a", 1000, "2026-11-01"), ("github:a/b", 1100, "2025-10-01"), ("github:a/c", 20, "2026-11-01")],
    );
    world.record("github:a/c").added = day("2026-10-20");
    let point = |at: &str, stars| Point { at: day(at), target: "github:a/a".parse().unwrap(), id: None, stars };
    world.history = History::new([point("2026-07-30", 700), point("2026-10-28", 1000)]);
    let ranked = world.ranked();
    assert_eq!(ranked.entries[0].forge.growth, Some(Growth { gained: 300, days: 90, source: GrowthSource::Totals }));
    let block = |which| block(&ranked, &world.policy.layout, which).unwrap();
    assert_eq!(block(Block::Trending), "- [a/a](https://github.com/a/a) ⭐ 1k · +300 in 90 days — S");
    assert_eq!(block(Block::New), "- [a/c](https://github.com/a/c) ⭐ 20 · 2026-10-20 — S");
    assert_eq!(block(Block::NewlyStale), "- [a/b](https://github.com/a/b) ⭐ 1.1k · last commit 2025-10 — S");
    assert_eq!(block(Block::Dead), "");
    assert_eq!(block(Block::Top).lines().next(), Some("1. [a/a](https://github.com/a/a) ⭐ 1k — S"));
    assert_eq!(block(Block::Summary), "3 projects and 0 other links in 1 section · 2.1k stars in all · as of 2026-11");
    assert!(block(Block::Legend).starts_with("⭐ stars · quiet since: no commit for more than 12 months"));
    assert_eq!(block(Block::Statistics), "- projects: 3\n- active: 2\n- quiet: 1");
}

#[test]
fn every_anchor_of_the_contents_leads_to_a_heading() {
    let text_of = "# L\n## A & B\n- https://github.com/a/a\n## 目录\n### x_y `z`\n- https://github.com/a/b\n## Trending\n- https://github.com/a/c\n## a  b\n### L\n- [d](https://github.com/a/d)\n## ⭐️ C#\n- [e](https://github.com/a/e)\n## @all #1\n- [f](https://github.com/a/f)\n";
    let mut world = World::new(text_of, &[("github:a/a", 1000, "2026-11-01"), ("github:a/c", 20, "2025-10-01")]);
    world.record("github:a/c").added = day("2026-10-20");
    world.policy.layout.blocks = [BLOCKS.as_slice(), &[Block::NewlyStale, Block::Statistics]].concat();
    for language in [Language::new("en"), Language::new("zh")] {
        world.policy.language = language;
        let list = text(&world);
        let document = crate::markdown::Document::parse(&list);
        let slugs: Vec<&str> = document.headings.iter().map(|heading| heading.slug.as_str()).collect();
        let anchors: Vec<&str> = document.links.iter().filter_map(|link| link.url.strip_prefix('#')).collect();
        assert!(anchors.len() >= 9, "{list}");
        for anchor in anchors {
            assert!(slugs.contains(&anchor), "{anchor} of {slugs:?} in {list}");
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("](https://evil.example)".to_owned()),
        Just("<a href='https://evil.example'>".to_owned()),
        Just("</details>".to_owned()),
        Just("<!-- pomona:begin dead -->".to_owned()),
        Just("https://evil.example/x www.evil.example a@evil.example".to_owned()),
        Just("![x](y)".to_owned()),
        Just("\n\n## heading\n\n- [x](https://evil.example)\n".to_owned()),
        Just("```\n".to_owned()),
        Just("[^1]: x".to_owned()),
        Just("&lt;b&gt; &#60;".to_owned()),
        Just("\u{202e}".to_owned()),
        "[\\\\`*_\\[\\]()<>!|#&~$ a\\n]{0,12}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_reader_of_the_list_finds_no_link_and_no_heading_of_a_stranger(
        name in hostile(), says in hostile(), language in hostile(), style in prop_oneof![Just(Style::Bullets), Just(Style::Table), Just(Style::Details)],
    ) {
        let mut world = World::new("# L\n## S\n- https://github.com/a/a\n## T\n- https://github.com/a/b\n", &[("github:a/a", 1000, "2026-11-01"), ("github:a/b", 900, "2026-11-01")]);
        world.policy.layout.style = style;
        world.policy.layout.blocks = BLOCKS.to_vec();
        let record = world.record("github:a/a");
        record.facts.name = Some(name);
        record.facts.description = Some(Some(says));
        record.facts.language = Some(Some(language));
        let list = text(&world);
        let document = crate::markdown::Document::parse(&list);
        let urls: Vec<&str> = document.links.iter().map(|link| link.url.as_str()).collect();
        prop_assert_eq!(urls, ["#s", "#t", "https://github.com/a/a", "https://github.com/a/b"], "{}", list);
        prop_assert_eq!(document.headings.len(), 4, "{}", list);
        prop_assert_eq!(text(&world), list);
    }
}
